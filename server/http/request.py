"""One request and its response: sent once, then counted and logged in one line."""

import random
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from server import metrics
from server.errors import Failed, ServingError
from server.http.access_log import AccessLog, identity
from server.http.limits import ConnectionLimits
from server.http.worker import ClientDisconnected
from server.http.write import CommonHeaders, Ending, write_response
from server.response import JSON_HEADERS, Header
from server.route import Route

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]

EXTENSION = "mlserving"  # the key in scope["extensions"] of a RequestExtension
CLIENT_DISCONNECTED = 499  # logged and counted when the client disconnected before there was a response
FAILED = 500
RENEW_AFTER = 200  # requests after which a connection is closed, on average, so that clients find new pods


@dataclass(slots=True)
class RequestExtension:
    """What the connection passes to the app with a request.

    The app takes both out: left here, they would keep the scope and the body alive until a garbage collection.

    Attributes:
        cycle: uvicorn's cycle, through which the response is written.
        arrived: The perf_counter() at which the request's head arrived, also if it was read later.
        fault: What is wrong with the request as HTTP; it may come while the body is being received.
    """

    cycle: RequestResponseCycle | None = None
    arrived: float = field(default_factory=perf_counter)
    fault: ServingError | None = None


@dataclass
class Responder:
    """What all responses of the server have in common.

    Attributes:
        common: Headers of every response.
        access_log: Where each request is logged.
        limits: Counts what all requests hold.
        draining: Whether every response closes its connection, as the server is about to stop.
    """

    common: CommonHeaders
    access_log: AccessLog
    limits: ConnectionLimits
    draining: bool = False


class RequestContext:
    """One request while it is answered.

    Attributes:
        status: The response's status, for the log; also set if nothing was sent.
        extension: What the connection passed with the request.
    """

    def __init__(
        self, route: Route, scope: Scope, headers: Mapping[bytes, bytes], send: Send, responder: Responder
    ) -> None:
        self.status = FAILED
        self.extension: RequestExtension = scope.get("extensions", {}).get(EXTENSION) or RequestExtension()
        self._responded = False
        self._closes = False
        self._held_bytes = 0
        self._failure: BaseException | None = None
        self._route = route
        self._headers = headers
        self._method: str = scope["method"]
        self._cycle, self.extension.cycle = self.extension.cycle, None
        self._identity = identity(headers)
        self._send = send
        self._responder = responder

    async def relay(self, message: Message) -> None:
        """Send a message of KServe's app, except for its failures: they carry the text of exceptions."""
        if message["type"] == "http.response.start":
            if message["status"] >= FAILED:
                raise RuntimeError(f"KServe answered {message['status']}")
            own, ending = self._begin(message["status"], message["headers"])
            message["headers"] = [*own, *ending.headers]
        await self._send(message)

    @property
    def max_body_bytes(self) -> int:
        """The most bytes that its body may have."""
        return self._responder.limits.body_bytes(self._headers.items())

    def hold(self, size: int) -> None:
        """Count bytes as held until the request is finished, next to those of its body. Raises Overloaded."""
        self._held_bytes += size
        self._responder.limits.hold(size)

    async def respond(self, status: int, body: bytes, headers: Sequence[Header] = JSON_HEADERS) -> None:
        own, ending = self._begin(status, (*headers, (b"content-length", b"%d" % len(body))))
        if self._cycle is None or not write_response(self._cycle, status, own, ending, body):
            await self._send({"type": "http.response.start", "status": status, "headers": [*own, *ending.headers]})
            await self._send({"type": "http.response.body", "body": body})

    async def refuse(self, error: ServingError) -> None:
        """Respond with the error's sentence, unless a response has begun already."""
        metrics.REFUSED.labels(error.reason).inc()
        self._closes = error.closes
        await self._respond_with(error)

    async def fail(self, error: BaseException) -> None:
        """Respond with a fixed sentence; the detail goes to the log only."""
        self._failure = error
        await self._respond_with(Failed())

    def finish(self) -> None:
        """Count and log the request."""
        if self._held_bytes:
            self._responder.limits.held_bytes -= self._held_bytes
        seconds = perf_counter() - self.extension.arrived
        route, log = self._route.name, self._responder.access_log
        metrics.REQUESTS.count(route, self.status, seconds)
        log.write(route, self._method, self.status, seconds, self._identity, self._failure)

    def _begin(self, status: int, headers: Iterable[Header]) -> tuple[list[Header], Ending]:
        """Return the response's own headers and those that end its head. The response begins now."""
        self._responded = True
        self.status = status
        own = [*headers, *self._identity]
        if self._responder.common.cors:
            self._responder.common.cors.add_to(own, self._headers.get(b"origin"))
        renewed = random.random() * RENEW_AFTER < 1  # noqa: S311 (not a secret)
        stays = self._cycle is None or self._cycle.keep_alive
        closes = self._closes or self._responder.draining or renewed or not stays
        return own, self._responder.common.closing if closes else self._responder.common.keeping

    async def _respond_with(self, error: ServingError) -> None:
        if not self._responded:
            body, headers = self._route.error_response(error, self._headers)
            own = [(name.encode(), value.encode()) for name, value in error.headers.items()]
            try:
                await self.respond(error.status, body, [*headers, *own])
            except ClientDisconnected:
                self.status = CLIENT_DISCONNECTED
