"""Answers calls: receives the message, predicts on or off the event loop, and turns errors into statuses."""

import asyncio
from collections.abc import Mapping
from functools import partial
from time import perf_counter
from typing import cast

import grpc

from server.errors import DeadlinePassed, Overloaded, ServingError, TooLarge, Unimplemented
from server.grpc.call import METHOD, Call, Context
from server.grpc.intake import Intake
from server.http.access_log import AccessLog
from server.http.limits import ConnectionLimits
from server.http.worker import WorkerQueue
from server.predictor import INLINE_BYTES
from server.response import Response
from server.route import Decode, Handler, Route

MAX_CALLS = 1024  # as many as there may be connections over HTTP

_OK = 200
_UNKNOWN = Route("unknown", METHOD)


class Service(grpc.GenericRpcHandler):
    """Answers the calls of every method.

    Attributes:
        in_flight: How many calls are being answered now.
    """

    def __init__(
        self,
        methods: Mapping[str, Route],
        queue: WorkerQueue,
        intake: Intake,
        limits: ConnectionLimits,
        access_log: AccessLog,
    ) -> None:
        self._queue = queue
        self._intake = intake
        self._limits = limits
        self._access_log = access_log
        self._tasks: set[asyncio.Task[object]] = set()
        self._stopping = False
        self._handlers = {path: self._handler(route) for path, route in methods.items()}
        self._unknown = self._handler(_UNKNOWN)

    @property
    def in_flight(self) -> int:
        return len(self._tasks)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        return self._handlers.get(handler_call_details.method, self._unknown)

    def refuse_all(self) -> None:
        """Refuse the calls that are not answered yet, and all further ones."""
        self._stopping = True
        for task in self._tasks:
            task.cancel()

    def _handler(self, route: Route) -> grpc.RpcMethodHandler:
        # As a stream of requests, though there is one: gRPC then leaves receiving it to us.
        return grpc.stream_unary_rpc_method_handler(partial(self._answer, route))

    async def _answer(self, route: Route, _requests: object, context: Context) -> bytes:
        call = Call(route, context, self._limits, self._access_log)
        task = cast("asyncio.Task[object]", asyncio.current_task())
        self._tasks.add(task)
        context.add_done_callback(partial(self._finish, call, task))
        try:
            response = await self._respond(route, call, context)
        except ServingError as error:
            await call.refuse(error)
        except asyncio.CancelledError:
            if self._stopping:
                await call.refuse(Overloaded("stop", "The server is stopping. Retry later."))
            call.leave()
            raise
        except Exception as error:  # the outermost boundary: the caller gets a fixed sentence, the log the detail
            await call.fail(error)
        call.status = _OK
        return response.body

    async def _respond(self, route: Route, call: Call, context: Context) -> Response:
        if len(self._tasks) > MAX_CALLS:
            raise Overloaded("connections", "Server overloaded: too many calls. Retry later.")
        if route is _UNKNOWN:
            raise Unimplemented
        message = await self._intake.receive(context)
        if not isinstance(message, bytes):  # gRPC has refused a longer one itself
            raise TooLarge(f"The call has no message of at most {self._limits.max_body_bytes} bytes. Send one.")
        call.hold(message)
        if route.choose:
            route = route.choose(message, {})
        handler = cast(Handler, route.handler)
        if len(message) <= route.inline_bytes:
            if perf_counter() > call.deadline:
                raise DeadlinePassed
            return handler(message, {})
        # gRPC cancels this task itself when the caller has gone.
        disconnect = asyncio.get_running_loop().create_future
        if route.batcher and len(message) <= INLINE_BYTES:
            request = cast(Decode, route.decode)(message, {})
            return await route.batcher.answer(request, self._queue, call.deadline, disconnect)
        return await self._queue.run(partial(handler, message, {}), call.deadline, disconnect)

    def _finish(self, call: Call, task: "asyncio.Task[object]", _context: Context) -> None:
        self._tasks.discard(task)
        call.finish()
