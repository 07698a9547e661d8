"""The ASGI front in KServe's own process: which route, on or off the event loop, which error, and the drain."""

import asyncio
import math
import random
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

from server import metrics
from server.errors import (
    DeadlinePassed,
    InvalidInput,
    MethodNotAllowed,
    NotFound,
    Overloaded,
    ServingError,
    UnsupportedMediaType,
)
from server.http.access_log import AccessLog
from server.http.caller import ClientDisconnected, Gone, cancel_on_disconnect
from server.http.cycle import CLOSE
from server.http.request import CLIENT_DISCONNECTED, Message, RequestContext, Scope, Send
from server.http.worker import WorkerQueue
from server.response import Header, Response
from server.route import Link, Route

if TYPE_CHECKING:
    from server.links import Links

Receive = Callable[[], Awaitable[Message]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

RENEW_AFTER = 200
"""Requests after which a connection is closed, on average, so that clients that keep theirs find new pods."""

DEADLINE = b"x-envoy-expected-rq-timeout-ms"
"""What Envoy, and with it Istio, tells a server of the time that the caller still waits."""

_UNKNOWN = Route("unknown", "")


class App:
    """ModelOutput our own routes, hands the allow-listed rest to KServe's app, and refuses everything else."""

    def __init__(
        self,
        routes: Mapping[str, Route],
        kserve_app: ASGIApp,
        backlog: WorkerQueue,
        journal: AccessLog,
        pod_name: str,
        links: "Links | None" = None,
    ) -> None:
        self.draining = False
        self._routes = routes
        self._kserve_app = kserve_app
        self._backlog = backlog
        self._links = links
        self._journal = journal
        self._pod = [(b"x-served-by", pod_name.encode())] if pod_name else []
        self._in_flight = 0
        metrics.IN_FLIGHT.set_function(lambda: self._in_flight)
        metrics.QUEUE.set_function(lambda: backlog.length)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._kserve_app(scope, receive, send)
            return
        route = _of_method(self._routes.get(scope["path"], _UNKNOWN), scope["method"])
        headers = dict(scope["headers"])
        exchange = RequestContext(route, scope, headers, send, self._standing_headers, self._journal)
        self._in_flight += 1
        try:
            await self._answer(route, headers, scope, receive, exchange)
        except ClientDisconnected:
            exchange.status = CLIENT_DISCONNECTED
        except ServingError as error:
            await exchange.refuse(error)
        except asyncio.CancelledError:
            await exchange.refuse(Overloaded("stop", "The server stopped before it could answer; ask again."))
            raise
        except Exception as error:  # the outermost boundary: the caller gets a fixed sentence, the log the detail
            await exchange.fail(error)
        finally:
            self._in_flight -= 1
            exchange.finish()

    async def _answer(
        self, route: Route, headers: Mapping[bytes, bytes], scope: Scope, receive: Receive, exchange: RequestContext
    ) -> None:
        _raise_fault(scope)
        _check_method(route, scope["method"])
        handler = route.handler
        if handler is None:
            await self._kserve_app(scope, receive, exchange.relay)
            return
        body, deadline = b"", math.inf
        if route.reads:
            _check_content_type(route, headers)
            here = exchange.body_here()
            body = await _whole_body(scope, receive) if here is None else here
            deadline = _deadline(headers, exchange.began)
        if len(body) <= route.inline_bytes and not route.slow(body, headers):
            if perf_counter() > deadline:
                raise DeadlinePassed
            answer = handler(body, headers)
        elif link := route.linked(body, headers):
            answer = await self._follow(link, deadline, partial(_gone, receive))
        else:
            answer = await self._backlog.run(partial(handler, body, headers), deadline, partial(_gone, receive))
        await exchange.answer(200, answer.body, answer.headers)

    async def _follow(self, link: Link, deadline: float, gone: Gone) -> Response:
        """What is answered on the picture that a link leads to. It is fetched beside all other work."""
        if self._links is None:
            raise InvalidInput(
                "Links are not followed here, as IMAGE_HOSTS names no host that they may lead to; "
                "send the picture itself."
            )
        async with AsyncExitStack() as held:
            fetch = held.enter_async_context(self._links.download(link.url))
            picture = await cancel_on_disconnect(fetch, gone, deadline)
            return await self._backlog.run(partial(link.answer, picture), deadline, gone)

    def _standing_headers(self, closes: bool) -> Sequence[Header]:
        if closes or self.draining or random.random() * RENEW_AFTER < 1:  # noqa: S311 (a pace, not a secret)
            return [*self._pod, CLOSE]
        return self._pod


async def _whole_body(scope: Scope, receive: Receive) -> bytes:
    """Its length is the connection's to limit, which says so by a fault."""
    chunks: list[bytes] = []
    more = True
    while more:
        message = await receive()
        _raise_fault(scope)
        if message["type"] == "http.disconnect":
            raise ClientDisconnected
        chunks.append(message["body"])
        more = message["more_body"]
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _raise_fault(scope: Scope) -> None:
    if "fault" in scope:
        # Left in the scope, it would keep the scope, and through its traceback the body, until a garbage collection.
        raise scope.pop("fault")


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _deadline(headers: Mapping[bytes, bytes], began: float) -> float:
    """The perf_counter() after which the caller no longer waits. Raises InvalidInput."""
    allowed = headers.get(DEADLINE)
    if allowed is None:
        return math.inf
    if not re.fullmatch(rb"[0-9]{1,10}[ \t]*", allowed):
        raise InvalidInput("X-Envoy-Expected-Rq-Timeout-Ms must be a whole number of milliseconds.")
    return began + int(allowed) / 1e3


def _of_method(route: Route, method: str) -> Route:
    return route.beside if route.beside and route.beside.method == method else route


def _check_method(route: Route, method: str) -> None:
    if route is _UNKNOWN:
        raise NotFound("There is nothing at this path; POST /predict predicts, and GET /info says what it takes.")
    if method != route.method and method not in _methods(route):
        allowed = ", ".join(_methods(route))
        raise MethodNotAllowed(f"This path takes {allowed} only.", {"allow": allowed})


def _methods(route: Route) -> list[str]:
    # KServe's routes do not know HEAD.
    own = ["GET", "HEAD"] if route.method == "GET" and route.handler is not None else [route.method]
    return own + (_methods(route.beside) if route.beside else [])


def _check_content_type(route: Route, headers: Mapping[bytes, bytes]) -> None:
    if headers.get(b"content-encoding", b"identity") != b"identity":
        raise UnsupportedMediaType("A compressed body is not read here; send it without Content-Encoding.")
    content_type = headers.get(b"content-type", b"")
    if content_type not in route.reads and content_type.partition(b";")[0].strip().lower() not in route.reads:
        readable = " or ".join(name.decode() for name in route.reads if name)
        raise UnsupportedMediaType(
            f"This path reads {readable}; send it with the header 'Content-Type: {route.reads[0].decode()}'."
        )
