"""One request and its answer: sent once, then counted and told in one line of the log."""

import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from time import perf_counter
from typing import Any

import msgspec

from server import metrics

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Header = tuple[bytes, bytes]

FAILED = 500
CALLER_GONE = 499
"""What the log and the metrics say when the caller closed the connection before there was an answer."""

_log = logging.getLogger("server")


class Exchange:
    """answered: whether an answer has begun, so that no second one may; failure: the detail for the log."""

    def __init__(self, route: str, method: str, send: Send, headers_for: Callable[[int], Sequence[Header]]) -> None:
        self.status = FAILED
        self.answered = False
        self.failure: BaseException | None = None
        self._route = route
        self._method = method
        self._send = send
        self._headers_for = headers_for
        self._began = perf_counter()
        metrics.IN_FLIGHT.inc()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.answered = True
            self.status = message["status"]
            message["headers"] = [*message["headers"], *self._headers_for(self.status)]
        await self._send(message)

    async def relay(self, message: Message) -> None:
        """Send what KServe's app says, but for its failures: they carry the text of exceptions."""
        if message["type"] == "http.response.start" and message["status"] >= FAILED:
            raise RuntimeError(f"KServe answered {message['status']}")
        await self.send(message)

    async def answer(self, status: int, body: bytes, headers: Sequence[Header]) -> None:
        written = [*headers, (b"content-length", b"%d" % len(body))]
        await self.send({"type": "http.response.start", "status": status, "headers": written})
        await self.send({"type": "http.response.body", "body": body})

    async def refuse(self, status: int, sentence: str, headers: Mapping[str, str] | None = None) -> None:
        """Answer {"error": sentence}, unless an answer has begun already."""
        if not self.answered:
            extra = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
            json = (b"content-type", b"application/json")
            await self.answer(status, msgspec.json.encode({"error": sentence}), [json, *extra])

    def finish(self) -> None:
        elapsed = perf_counter() - self._began
        metrics.IN_FLIGHT.dec()
        metrics.REQUESTS.labels(self._route, self.status).inc()
        metrics.SECONDS.labels(self._route).observe(elapsed)
        told = {"route": self._route, "method": self._method, "status": self.status, "ms": round(elapsed * 1e3, 2)}
        level = logging.ERROR if self.failure else logging.INFO
        _log.log(level, "request", extra=told, exc_info=self.failure)
