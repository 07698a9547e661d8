"""One request and its response: sent once, then counted and logged in one line."""

import asyncio
import logging
import random
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from server import metrics
from server.errors import Failed, ServingError
from server.http.access_log import AccessLog
from server.http.worker import ClientDisconnected
from server.response import JSON_HEADERS, Header
from server.route import Route

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]

EXTENSION = "mlserving"  # the key in scope["extensions"] of a RequestExtension
CLIENT_DISCONNECTED = 499  # logged and counted when the client disconnected before there was a response
FAILED = 500
RENEW_AFTER = 200  # requests after which a connection is closed, on average, so that clients find new pods

_CLOSE: Header = (b"connection", b"close")
_NO_SNIFFING: Header = (b"x-content-type-options", b"nosniff")
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")

_log = logging.getLogger("server")


@dataclass(slots=True)
class RequestExtension:
    """What the connection passes to the app with a request.

    The app takes both out: left here, they would keep the scope and the body alive until a garbage collection.

    Attributes:
        cycle: uvicorn's cycle, through which the response is written.
        fault: What is wrong with the request as HTTP; it may come while the body is being received.
    """

    cycle: RequestResponseCycle | None = None
    fault: ServingError | None = None


class HalfCloseTransport:
    """The transport as responses see it: closing it lets the client read the last response first."""

    def __init__(self, transport: asyncio.Transport, half_close: Callable[[], None]) -> None:
        self.write = transport.write
        self.is_closing = transport.is_closing
        self.close = half_close


@dataclass
class Responder:
    """What all responses of the server have in common.

    Attributes:
        headers: Headers of every response.
        access_log: Where each request is logged.
        draining: Whether every response closes its connection, as the server is about to stop.
    """

    headers: tuple[Header, ...]
    access_log: AccessLog
    draining: bool = False


class RequestContext:
    """One request while it is answered.

    Attributes:
        began: The perf_counter() at which the request's head had arrived.
        status: The response's status, for the log; also set if nothing was sent.
        extension: What the connection passed with the request.
    """

    def __init__(
        self, route: Route, scope: Scope, headers: Mapping[bytes, bytes], send: Send, responder: Responder
    ) -> None:
        self.began = perf_counter()
        self.status = FAILED
        self.extension: RequestExtension = scope.get("extensions", {}).get(EXTENSION) or RequestExtension()
        self._responded = False
        self._closes = False
        self._failure: BaseException | None = None
        self._route = route
        self._headers = headers
        self._method: str = scope["method"]
        self._cycle, self.extension.cycle = self.extension.cycle, None
        self._id = request_id(headers)
        self._send = send
        self._responder = responder

    async def relay(self, message: Message) -> None:
        """Send a message of KServe's app, except for its failures: they carry the text of exceptions."""
        if message["type"] == "http.response.start":
            if message["status"] >= FAILED:
                raise RuntimeError(f"KServe answered {message['status']}")
            message["headers"] = self._begin(message["status"], message["headers"])
        await self._send(message)

    async def respond(self, status: int, body: bytes, headers: Sequence[Header] = JSON_HEADERS) -> None:
        all_headers = self._begin(status, (*headers, (b"content-length", b"%d" % len(body))))
        if self._cycle is None or not _write_response(self._cycle, status, all_headers, body):
            await self._send({"type": "http.response.start", "status": status, "headers": all_headers})
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
        seconds = perf_counter() - self.began
        metrics.REQUESTS.count(self._route.name, self.status, seconds)
        request_id = self._id.decode()
        if self._failure is None:
            self._responder.access_log.write(self._route.name, self._method, self.status, seconds, request_id)
        else:
            fields = {"route": self._route.name, "method": self._method, "status": self.status, "id": request_id}
            _log.error("request", extra=fields, exc_info=self._failure)

    def _begin(self, status: int, headers: Iterable[Header]) -> list[Header]:
        """Return all headers of the response, which begins now."""
        self._responded = True
        self.status = status
        all_headers = [*headers, (b"x-request-id", self._id), _NO_SNIFFING, *self._responder.headers]
        if self._closes or self._responder.draining or random.random() * RENEW_AFTER < 1:  # noqa: S311 (not a secret)
            all_headers.append(_CLOSE)
        return all_headers

    async def _respond_with(self, error: ServingError) -> None:
        if not self._responded:
            body, headers = self._route.error_response(error, self._headers)
            own = [(name.encode(), value.encode()) for name, value in error.headers.items()]
            await self.respond(error.status, body, [*headers, *own])


def _write_response(cycle: RequestResponseCycle, status: int, headers: Sequence[Header], body: bytes) -> bool:
    """Write a whole response at once.

    uvicorn's own way, two ASGI messages, takes 5 µs more of the 62 that one row takes.

    Args:
        cycle: The request's cycle; its state is left as uvicorn's `send` leaves it.
        status: The response's status.
        headers: All headers, with Content-Length, and with _CLOSE for the last response of a connection.
        body: The whole body.

    Returns:
        Whether it was written. It is not while the client leaves earlier responses unread.

    Raises:
        ClientDisconnected: Nobody would receive it.
    """
    transport = cycle.transport
    if cycle.disconnected or transport.is_closing():
        cycle.disconnected = True  # uvicorn may learn of it a moment later
        raise ClientDisconnected
    if cycle.flow.write_paused:
        return False
    lines = [STATUS_LINE[status]]
    for name, value in (*cycle.default_headers, *headers):
        lines += name, b": ", value, b"\r\n"
    if _CLOSE in headers:
        cycle.keep_alive = False
    elif not cycle.keep_alive:
        lines.append(b"connection: close\r\n")
    lines.append(b"\r\n")
    if cycle.scope["method"] != "HEAD":
        lines.append(body)
    transport.write(b"".join(lines))
    cycle.waiting_for_100_continue = False
    cycle.response_started = cycle.response_complete = True
    cycle.message_event.set()
    if not cycle.keep_alive:
        transport.close()
    cycle.on_response()
    return True


def request_id(headers: Mapping[bytes, bytes]) -> bytes:
    given = headers.get(b"x-request-id")
    if given is not None and _REQUEST_ID.fullmatch(given):
        return given
    return b"%016x" % random.getrandbits(64)
