"""Predicts the rows of requests that come at the same time in one call of the model.

A call of scikit-learn takes 1 to 11 ms, hardly more for a hundred rows than for one. So whatever waits when the model
is free is predicted together. A request that finds it free does not wait.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from functools import partial
from threading import Lock
from time import perf_counter

from server.errors import DeadlinePassed
from server.http.service_times import Work
from server.http.worker import Disconnect, Place, WorkerQueue, cancel_on_disconnect
from server.predictor import Predictor, row_count
from server.response import Response
from server.row_request import RowRequest
from server.tensors import ModelOutput


@dataclass(eq=False)
class _Waiting:
    request: RowRequest
    place: Place
    deadline: float
    response: asyncio.Future[Response]


Answered = tuple[_Waiting, Response | Exception]


class Batcher:
    """The requests that wait for one model. Used on one event loop.

    Args:
        predictor: The model.
        max_rows: The most rows of a call, unless a single request has more.
    """

    def __init__(self, predictor: Predictor, max_rows: int) -> None:
        self._predictor = predictor
        self._max_rows = max_rows
        self._waiting: deque[_Waiting] = deque()
        self._lock = Lock()  # of `_waiting`, which the worker thread shortens
        self._busy = False  # whether a call is under way, or has been submitted

    async def answer(
        self, request: RowRequest, work: Work, queue: WorkerQueue, deadline: float, disconnect: Disconnect
    ) -> Response:
        """Predict a request's rows with those of others on the worker thread, and return its response.

        Args:
            request: What to predict.
            work: What its duration depends on.
            queue: Where the request takes a place.
            deadline: The perf_counter() after which the call must not begin.
            disconnect: Returns when the client has disconnected.

        Raises:
            Overloaded: The queue is full, or the prediction could not begin in time.
            DeadlinePassed: The request's turn came after the deadline.
            ClientDisconnected: The client disconnected before there was a response.
            InvalidInput: The model cannot predict these rows.
        """
        place = await queue.enter(work, deadline)
        one = _Waiting(request, place, deadline, asyncio.get_running_loop().create_future())
        one.response.add_done_callback(lambda _: queue.leave(place))
        with self._lock:
            self._waiting.append(one)
        if not self._busy:
            self._submit(queue)
        try:
            return await cancel_on_disconnect(one.response, disconnect)
        finally:
            if one.response.cancelled():
                self._forget(one)
            del one  # break the cycle exception → traceback → frame → future, which only the GC would free

    def _forget(self, one: _Waiting) -> None:
        with self._lock:
            if one in self._waiting:
                self._waiting.remove(one)

    def _submit(self, queue: WorkerQueue) -> None:
        self._busy = True
        queue.submit(partial(self._call, asyncio.get_running_loop(), queue))

    def _call(self, loop: asyncio.AbstractEventLoop, queue: WorkerQueue) -> None:
        """Predict what waits, on the worker thread."""
        batch, late = self._take(perf_counter())
        with queue.timed([one.place for one in batch]):
            outputs = self._predictor.predict_each([one.request.rows for one in batch]) if batch else []
            answered = [(one, _response(one.request, output)) for one, output in zip(batch, outputs, strict=True)]
        loop.call_soon_threadsafe(self._deliver, [*answered, *((one, DeadlinePassed()) for one in late)], queue)
        del batch, outputs, answered  # break the cycle exception → traceback → frame → exception, as in `answer`

    def _take(self, now: float) -> tuple[list[_Waiting], list[_Waiting]]:
        """Take the requests of the next call from those that wait, and apart from them those whose deadline passed."""
        batch: list[_Waiting] = []
        late: list[_Waiting] = []
        rows = 0
        with self._lock:
            while self._waiting:
                one = self._waiting[0]
                if one.deadline >= now:
                    rows += row_count(one.request.rows)
                    if batch and rows > self._max_rows:
                        break
                (batch if one.deadline >= now else late).append(self._waiting.popleft())
        return batch, late

    def _deliver(self, answered: list[Answered], queue: WorkerQueue) -> None:
        for one, response in answered:
            if one.response.done():  # its client has disconnected
                continue
            if isinstance(response, Exception):
                one.response.set_exception(response)
            else:
                one.response.set_result(response)
        if self._waiting:
            self._submit(queue)
        else:
            self._busy = False


def _response(request: RowRequest, output: ModelOutput | Exception) -> Response | Exception:
    if isinstance(output, Exception):
        return output
    try:
        return request.respond(output)
    except Exception as error:  # the app raises it for this request alone
        return error
