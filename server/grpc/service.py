"""Answers calls: short ones on the event loop, the others in the worker queue that HTTP uses too."""

import asyncio
from collections.abc import Awaitable, Mapping
from functools import partial
from time import perf_counter
from typing import cast

from server.errors import DeadlinePassed, Unimplemented
from server.grpc.call import METHOD, Call
from server.http.body import EXPANSION
from server.http.service_times import Work
from server.http.worker import Disconnect, WorkerQueue
from server.predictor import INLINE_BYTES
from server.response import Response
from server.route import Decode, Handler, Route

UNKNOWN = Route("unknown", METHOD)


def no_method() -> Unimplemented:
    """Return the refusal of a call to UNKNOWN."""
    return Unimplemented(
        "This server does not have the method. It has ModelInfer, ModelReady, ModelMetadata and ServerLive, "
        "ServerReady, ServerMetadata of inference.GRPCInferenceService, and grpc.health.v1.Health/Check."
    )


class Service:
    """The methods by path, and the queue for calls that take long."""

    def __init__(self, methods: Mapping[str, Route], queue: WorkerQueue) -> None:
        self._methods: dict[bytes, Route] = {}
        self._queue = queue
        self.update(methods)

    def update(self, methods: Mapping[str, Route]) -> None:
        """Answer these methods by these routes from now on."""
        self._methods |= {path.encode(): route for path, route in methods.items()}

    def route(self, path: bytes) -> Route:
        """Return the route of a path; UNKNOWN if the server does not have the method."""
        return self._methods.get(path, UNKNOWN)

    def answer(self, call: Call) -> Response | Awaitable[Response]:
        """Return the response to a complete call, or an awaitable of it. Raises ServingError."""
        deadline = call.deadline()
        if call.takes_long:
            return self._expand_and_answer(call, deadline)
        return self._answer(call, call.take(), deadline)

    async def _expand_and_answer(self, call: Call, deadline: float) -> Response:
        message = await self._queue.run(
            call.take, Work(EXPANSION, call.received_bytes), deadline, _wait_until_gone(call)
        )
        answer = self._answer(call, message, deadline)
        return answer if isinstance(answer, Response) else await answer

    def _answer(self, call: Call, message: bytes, deadline: float) -> Response | Awaitable[Response]:
        route = call.route
        if route.choose:
            route = route.choose(message, {})
        handler = cast(Handler, route.handler)
        if len(message) <= route.inline_bytes:
            if perf_counter() > deadline:
                raise DeadlinePassed
            return handler(message, {})
        disconnect, work = _wait_until_gone(call), Work(route, len(message))
        if route.batcher and len(message) <= INLINE_BYTES:
            request = cast(Decode, route.decode)(message, {})
            return route.batcher.answer(request, work, self._queue, deadline, disconnect)
        return self._queue.run(partial(handler, message, {}), work, deadline, disconnect)


def _wait_until_gone(call: Call) -> Disconnect:
    """Return a function whose result completes when the caller disconnects."""
    gone = call.gone = asyncio.get_running_loop().create_future()
    return lambda: gone
