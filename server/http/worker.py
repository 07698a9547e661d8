"""Predictions that would delay the event loop: one thread makes them, and as many wait as it can make in time."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any, TypeVar

from server.errors import DeadlinePassed, Overloaded
from server.http.service_times import ServiceTimes, Work

# A closed connection frees its place after about eight turns of the event loop: to read the end, to close the
# transport, to wake what waits and to cancel it. A full queue refuses nobody before those turns: the next client after
# 32 that had left got a 503 in 13 of 200 trials, and since then in none.
DEPARTURE_TURNS = 10

T = TypeVar("T")

Disconnect = Callable[[], Awaitable[object]]  # returns when the client has disconnected


class ClientDisconnected(Exception):
    """The client closed the connection; nobody waits for a response."""


@dataclass
class Place:
    """A request's place in the queue.

    Attributes:
        work: What it waits for.
        expected: Seconds that this is expected to take.
        seconds: What it took; None until it has ended well.
    """

    work: Work
    expected: float
    seconds: float | None = None


class WorkerQueue:
    """A queue in front of one worker thread, bounded by the time that its jobs will take and by their number.

    A job whose client disconnects while the job waits never begins.

    Attributes:
        length: Requests that wait or run now. Several may wait for one job; see server/batching.py.
    """

    def __init__(self, size: int, max_wait: float = math.inf) -> None:
        self.length = 0
        self._size = size
        self._max_wait = max_wait
        self._times = ServiceTimes()
        self._expected = 0.0  # seconds, of all that wait or run
        self._running: tuple[float, float] = 0.0, 0.0  # when the job that runs began, and seconds that it should take
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="predict")

    async def run(self, job: Callable[[], T], work: Work, deadline: float, disconnect: Disconnect) -> T:
        """Run a job on the worker thread and return its result.

        Args:
            job: What to run.
            work: What it is.
            deadline: The perf_counter() after which the job must not begin.
            disconnect: Returns when the client has disconnected.

        Raises:
            Overloaded: The queue is full, or the job could not begin in time.
            DeadlinePassed: The job's turn came after the deadline.
            ClientDisconnected: The client disconnected before the job ended.
        """
        place = await self.enter(work, deadline)
        loop = asyncio.get_running_loop()
        pending = self.submit(partial(self._run_in_time, job, place, deadline))
        pending.add_done_callback(lambda _: loop.call_soon_threadsafe(self.leave, place))
        try:
            return await cancel_on_disconnect(asyncio.wrap_future(pending), disconnect)
        finally:
            pending.cancel()  # if it still waits, it must not begin
            del pending  # break the cycle exception → traceback → frame → future, which only the GC would free

    async def enter(self, work: Work, deadline: float) -> Place:
        """Take a place in the queue.

        Raises:
            Overloaded: There is none, or its turn would come too late.
            DeadlinePassed: It is too late already.
        """
        if perf_counter() > deadline:
            raise DeadlinePassed
        for _ in range(DEPARTURE_TURNS):
            if not self._refusal(deadline):
                break
            await asyncio.sleep(0)
        if refusal := self._refusal(deadline):
            raise Overloaded("queue", f"Server overloaded: {refusal}. Retry later.", self.wait)
        place = Place(work, self._times.expected(work))
        self.length += 1
        self._expected += place.expected
        return place

    def leave(self, place: Place) -> None:
        self.length -= 1
        self._expected = self._expected - place.expected if self.length else 0.0
        if place.seconds is not None:
            self._times.add(place.work, place.seconds)

    def submit(self, job: Callable[[], T]) -> Future[T]:
        """Run a job on the worker thread after those submitted earlier."""
        return self._executor.submit(job)

    @contextmanager
    def timed(self, places: Sequence[Place]) -> Iterator[None]:
        """On the worker thread: measure the job of these places, which each get an equal share of its time."""
        began = perf_counter()
        self._running = began, sum(place.expected for place in places)
        try:
            yield
            share = (perf_counter() - began) / max(1, len(places))
            for place in places:
                place.seconds = share
        finally:
            self._running = 0.0, 0.0

    @property
    def wait(self) -> float:
        """Seconds until a job would begin that entered now."""
        began, expected = self._running
        return max(0.0, self._expected - min(perf_counter() - began, expected))

    def _refusal(self, deadline: float) -> str:
        """Return why a request gets no place now, or nothing if it gets one."""
        if self.length >= self._size:
            return "the prediction queue is full"
        if not self.length:
            return ""
        wait = self.wait
        if perf_counter() + wait > deadline:
            return "the prediction would not start before the caller's deadline"
        # However long one job takes, another may wait for it, so that the worker is never idle between them.
        if self.length > 1 and wait > self._max_wait:
            return "the queued predictions would take too long"
        return ""

    def _run_in_time(self, job: Callable[[], T], place: Place, deadline: float) -> T:
        if perf_counter() > deadline:
            raise DeadlinePassed
        with self.timed((place,)):
            return job()


async def cancel_on_disconnect(work: Awaitable[T], disconnect: Disconnect, deadline: float = math.inf) -> T:
    """Return the result of work, which is cancelled if it does not end first.

    Args:
        work: What to await.
        disconnect: Returns when the client has disconnected.
        deadline: The perf_counter() until which the client waits.

    Raises:
        ClientDisconnected: The client disconnected first.
        DeadlinePassed: The deadline passed first.
    """
    result = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(disconnect())
    both: list[asyncio.Future[Any]] = [result, leaving]
    remaining = None if deadline == math.inf else deadline - perf_counter()
    try:
        await asyncio.wait(both, timeout=remaining, return_when=asyncio.FIRST_COMPLETED)
        if result.done():
            return result.result()
        raise ClientDisconnected if leaving.done() else DeadlinePassed
    finally:
        leaving.cancel()
        result.cancel()
        del work, result, both  # break the cycle exception → traceback → frame → future, as above
