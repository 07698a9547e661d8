"""The ASGI front in KServe's own process: which route, how many bytes, which error, and the drain."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from server.errors import MethodNotAllowed, NotFound, ServingError, TooLarge, UnsupportedMediaType
from server.exchange import CALLER_GONE, FAILED, Exchange, Header, Message, Send
from server.routes import Answer, Handler, Route

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

RENEW_AFTER = 200
"""Requests after which a connection is closed, on average, so that clients that keep theirs find new pods."""

INLINE_BYTES = 16 * 1024
"""A longer body is decoded and predicted off the event loop: it would delay the answers beside it."""

_UNKNOWN = Route("unknown", "")


class Door:
    """Answers our own routes, hands the allow-listed rest to KServe's app, and refuses everything else."""

    def __init__(self, routes: Mapping[str, Route], kserve_app: App, max_body_bytes: int, pod_name: str) -> None:
        self.draining = False
        self._routes = routes
        self._kserve_app = kserve_app
        self._max_body_bytes = max_body_bytes
        self._pod = [(b"x-served-by", pod_name.encode())] if pod_name else []
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="predict")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._kserve_app(scope, receive, send)
            return
        route = self._routes.get(scope["path"], _UNKNOWN)
        exchange = Exchange(route.name, scope["method"], send, self._headers)
        try:
            await self._answer(route, scope, receive, exchange)
        except _CallerGone:
            exchange.status = CALLER_GONE
        except ServingError as error:
            await exchange.refuse(error.status, error.sentence, error.headers)
        except asyncio.CancelledError:
            await exchange.refuse(503, "The server stopped before it could answer; ask again.", {"retry-after": "1"})
            raise
        except Exception as error:  # the outermost boundary: the caller gets a fixed sentence, the log the detail
            exchange.failure = error
            await exchange.refuse(FAILED, "The server failed to answer this request; its log says why.")
        finally:
            exchange.finish()

    async def _answer(self, route: Route, scope: Scope, receive: Receive, exchange: Exchange) -> None:
        _check_method(route, scope["method"])
        if route.handler is None:
            await self._kserve_app(scope, receive, exchange.relay)
            return
        headers = dict(scope["headers"])
        if route.reads:
            _check_content_type(route, headers)
        body = await self._body(headers, receive) if route.reads else b""
        answer = await self._handled(route.handler, body, headers)
        await exchange.answer(200, answer.body, answer.headers)

    async def _body(self, headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
        limit = self._max_body_bytes
        too_large = TooLarge(f"The body is over {limit} bytes; send fewer rows at a time.")
        if int(headers.get(b"content-length", b"0")) > limit:
            raise too_large
        chunks, size, more = [], 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _CallerGone
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > limit:
                raise too_large
            more = message.get("more_body", False)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def _handled(self, handler: Handler, body: bytes, headers: Mapping[bytes, bytes]) -> Answer:
        if len(body) <= INLINE_BYTES:
            return handler(body, headers)
        return await asyncio.get_running_loop().run_in_executor(self._executor, handler, body, headers)

    def _headers(self, status: int) -> Sequence[Header]:
        # After a 413 the rest of the body may still be on its way; it must not be read as a next request.
        if self.draining or status == TooLarge.status or random.randrange(RENEW_AFTER) == 0:  # noqa: S311
            return [*self._pod, (b"connection", b"close")]
        return self._pod


class _CallerGone(Exception):
    """The caller closed the connection before the request was whole."""


def _check_method(route: Route, method: str) -> None:
    if route is _UNKNOWN:
        raise NotFound("There is nothing at this path; GET /docs lists what there is.")
    ours = route.handler is not None
    allowed = "GET, HEAD" if route.method == "GET" and ours else route.method  # KServe's routes do not know HEAD
    if method not in allowed.split(", "):
        raise MethodNotAllowed(f"This path takes {allowed} only.", {"allow": allowed})


def _check_content_type(route: Route, headers: Mapping[bytes, bytes]) -> None:
    if headers.get(b"content-encoding", b"identity") != b"identity":
        raise UnsupportedMediaType("A compressed body is not read here; send it without Content-Encoding.")
    content_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if content_type not in route.reads:
        readable = " or ".join(name.decode() for name in route.reads if name)
        raise UnsupportedMediaType(
            f"This path reads {readable}; send it with the header 'Content-Type: {route.reads[0].decode()}'."
        )
