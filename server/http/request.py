"""One request and its answer: sent once, then counted and told in one line of the log."""

import logging
import random
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from time import perf_counter
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from server import metrics
from server.errors import Failed, ServingError
from server.http.access_log import AccessLog
from server.http.cycle import respond
from server.http.one_read import body_here
from server.response import JSON_HEADERS, Header
from server.route import Route

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]

FAILED = 500
CLIENT_DISCONNECTED = 499
"""What the log and the metrics say when the caller closed the connection before there was an answer."""

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")

_log = logging.getLogger("server")


class RequestContext:
    """status: of the answer, for the log, also where none was sent; began: when the request's head was here.

    standing_headers: what every answer carries, given whether it closes the connection.
    """

    def __init__(
        self,
        route: Route,
        scope: Scope,
        headers: Mapping[bytes, bytes],
        send: Send,
        standing_headers: Callable[[bool], Sequence[Header]],
        journal: AccessLog,
    ) -> None:
        self.began = perf_counter()
        self.status = FAILED
        self._answered = False
        self._closes = False
        self._failure: BaseException | None = None
        self._route = route
        self._headers = headers
        self._method: str = scope["method"]
        self._cycle: RequestResponseCycle | None = scope.pop("cycle", None)  # left there it would keep the scope alive
        self._id = _request_id(headers)
        self._send = send
        self._standing_headers = standing_headers
        self._journal = journal

    def body_here(self) -> bytes | None:
        """The whole body, once, if it has come by now."""
        return body_here(self._cycle) if self._cycle else None

    async def relay(self, message: Message) -> None:
        """Send what KServe's app says, but for its failures: they carry the text of exceptions."""
        if message["type"] == "http.response.start":
            if message["status"] >= FAILED:
                raise RuntimeError(f"KServe answered {message['status']}")
            message["headers"] = self._begun(message["status"], message["headers"])
        await self._send(message)

    async def answer(self, status: int, body: bytes, headers: Sequence[Header] = JSON_HEADERS) -> None:
        written = self._begun(status, (*headers, (b"content-length", b"%d" % len(body))))
        if self._cycle is None or not respond(self._cycle, status, written, body):
            await self._send({"type": "http.response.start", "status": status, "headers": written})
            await self._send({"type": "http.response.body", "body": body})

    async def refuse(self, error: ServingError) -> None:
        """Answer with the sentence, unless an answer has begun already."""
        metrics.REFUSED.labels(error.reason).inc()
        self._closes = error.closes
        headers = [(name.encode(), value.encode()) for name, value in error.headers.items()]
        await self._say(error, headers)

    async def fail(self, error: BaseException) -> None:
        """Answer a fixed sentence; the detail is for the log alone."""
        self._failure = error
        await self._say(Failed(), [])

    def finish(self) -> None:
        seconds = perf_counter() - self.began
        metrics.REQUESTS.count(self._route.name, self.status, seconds)
        if self._failure is None:
            self._journal.note(self._route.name, self._method, self.status, seconds, self._id.decode())
        else:
            told = {"route": self._route.name, "method": self._method, "status": self.status, "id": self._id.decode()}
            _log.error("request", extra=told, exc_info=self._failure)

    def _begun(self, status: int, headers: Iterable[Header]) -> list[Header]:
        """The headers of an answer that begins now."""
        self._answered = True
        self.status = status
        return [*headers, (b"x-request-id", self._id), *self._standing_headers(self._closes)]

    async def _say(self, error: ServingError, headers: Sequence[Header]) -> None:
        if not self._answered:
            body, own = self._route.refusal(error, self._headers)
            await self.answer(error.status, body, [*own, *headers])


def _request_id(headers: Mapping[bytes, bytes]) -> bytes:
    given = headers.get(b"x-request-id")
    if given is not None and _REQUEST_ID.fullmatch(given):
        return given
    return b"%016x" % random.getrandbits(64)
