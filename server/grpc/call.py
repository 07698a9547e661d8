"""One call and its answer: sent once, then counted and logged in one line, as an HTTP request is."""

import logging
import math
from time import perf_counter
from typing import Any, NoReturn

from grpc import StatusCode

from server import metrics
from server.errors import Failed, Overloaded, ServingError
from server.http.access_log import AccessLog
from server.http.identity import request_id
from server.http.limits import ConnectionLimits
from server.http.request import CLIENT_DISCONNECTED, FAILED
from server.route import Route

METHOD = "GRPC"  # in logs, where HTTP has its method

DEADLINE_PASSED = 504
RETRY_MS = "1000"  # as Retry-After says over HTTP; gRPC's clients that retry at all wait that long

_CODES = {  # by the status that HTTP would have; any other is INVALID_ARGUMENT
    404: StatusCode.NOT_FOUND,
    408: StatusCode.DEADLINE_EXCEEDED,
    500: StatusCode.INTERNAL,
    501: StatusCode.UNIMPLEMENTED,
    503: StatusCode.UNAVAILABLE,
    504: StatusCode.DEADLINE_EXCEEDED,
}

_log = logging.getLogger("server")

Context = Any  # an aio.ServicerContext[bytes, bytes]; grpc has no types


class Call:
    """One call while it is answered.

    Attributes:
        deadline: The perf_counter() until which the caller waits.
        status: The status that HTTP would have, for the log and the metrics.
    """

    def __init__(self, route: Route, context: Context, limits: ConnectionLimits, access_log: AccessLog) -> None:
        self._began = perf_counter()
        remaining = context.time_remaining()
        self.deadline = math.inf if remaining is None else self._began + remaining
        self.status = FAILED
        self._route = route
        self._context = context
        self._id = request_id(_headers(context)).decode()
        self._limits = limits
        self._held_bytes = 0
        self._failure: BaseException | None = None
        self._access_log = access_log
        context.set_trailing_metadata((("x-request-id", self._id),))

    def hold(self, data: bytes) -> None:
        """Count bytes as held until the call ends. Raises Overloaded."""
        self._held_bytes += len(data)
        self._limits.held_bytes += len(data)
        if self._limits.held_bytes > self._limits.max_held_bytes:
            raise Overloaded("bytes", "Server overloaded: too much request data is buffered. Retry later.")

    async def refuse(self, error: ServingError) -> NoReturn:
        """End the call with the error's status and sentence."""
        metrics.REFUSED.labels(error.reason).inc()
        await self._end(error)

    async def fail(self, error: BaseException) -> NoReturn:
        """End the call with a fixed sentence; the detail goes to the log only."""
        self._failure = error
        await self._end(Failed())

    def leave(self) -> None:
        """Note that nobody waits for an answer."""
        self.status = DEADLINE_PASSED if perf_counter() > self.deadline else CLIENT_DISCONNECTED

    def finish(self) -> None:
        """Count and log the call."""
        self._limits.held_bytes -= self._held_bytes
        seconds = perf_counter() - self._began
        metrics.REQUESTS.count(self._route.name, self.status, seconds)
        if self._failure is None:
            self._access_log.write(self._route.name, METHOD, self.status, seconds, self._id)
        else:
            fields = {"route": self._route.name, "method": METHOD, "status": self.status, "id": self._id}
            _log.error("request", extra=fields, exc_info=self._failure)

    async def _end(self, error: ServingError) -> NoReturn:
        self.status = error.status
        metadata = [("x-request-id", self._id), ("reason", error.reason)]
        if "retry-after" in error.headers:
            metadata.append(("grpc-retry-pushback-ms", RETRY_MS))
        await self._context.abort(
            _CODES.get(error.status, StatusCode.INVALID_ARGUMENT), error.sentence, tuple(metadata)
        )
        raise AssertionError("gRPC's abort raises")


def _headers(context: Context) -> dict[bytes, bytes]:
    """Return the caller's ID of the call as HTTP would have it."""
    return {
        name.encode(): value.encode()
        for name, value in context.invocation_metadata() or ()
        if name == "x-request-id" and isinstance(value, str)
    }
