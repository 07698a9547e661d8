"""The ASGI app: finds the route, reads the body, answers on or off the event loop, and turns errors into responses."""

import asyncio
import math
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, cast

from server import metrics
from server.errors import (
    BadLink,
    DeadlinePassed,
    InvalidInput,
    Overloaded,
    ServingError,
    UnsupportedMediaType,
)
from server.http.access_log import AccessLog
from server.http.request import CLIENT_DISCONNECTED, Message, RequestContext, RequestExtension, Responder, Scope, Send
from server.http.route_table import RouteTable
from server.http.worker import ClientDisconnected, Disconnect, WorkerQueue, cancel_on_disconnect
from server.http.write import CommonHeaders
from server.predictor import INLINE_BYTES
from server.response import Response
from server.route import Decode, Handler, Link, Route, Routes, media_type

if TYPE_CHECKING:
    from server.links import Links

Receive = Callable[[], Awaitable[Message]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

DEADLINE = b"x-envoy-expected-rq-timeout-ms"  # how long the caller still waits, as Envoy (and so Istio) says it


class App:
    """Answers our own routes, passes the allow-listed rest to KServe's app, and refuses everything else."""

    def __init__(
        self,
        routes: Routes,
        kserve_app: ASGIApp,
        queue: WorkerQueue,
        access_log: AccessLog,
        common: CommonHeaders,
        links: "Links | None" = None,
    ) -> None:
        self._routes = routes
        self._table = RouteTable(routes)
        self._kserve_app = kserve_app
        self._queue = queue
        self._links = links
        self._responder = Responder(common, access_log)
        self.in_flight = 0
        metrics.IN_FLIGHT.set_function(lambda: self.in_flight)
        metrics.QUEUE.set_function(lambda: queue.length)

    def drain(self) -> None:
        """Close each connection with its next response."""
        self._responder.draining = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._kserve_app(scope, receive, send)
            return
        path, method = scope["path"], scope["method"]
        route = self._routes.get((path, method)) or self._table.other_route(path, method)
        headers = dict(scope["headers"])
        context = RequestContext(route, scope, headers, send, self._responder)
        self.in_flight += 1
        try:
            await self._answer(route, headers, scope, receive, context)
        except ClientDisconnected:
            context.status = CLIENT_DISCONNECTED
        except ServingError as error:
            await context.refuse(error)
        except asyncio.CancelledError:
            await context.refuse(Overloaded("stop", "The server is stopping. Retry later."))
            raise
        except Exception as error:  # the outermost boundary: the caller gets a fixed sentence, the log the detail
            await context.fail(error)
        finally:
            self.in_flight -= 1
            context.finish()

    async def _answer(
        self, route: Route, headers: Mapping[bytes, bytes], scope: Scope, receive: Receive, context: RequestContext
    ) -> None:
        _raise_fault(context.extension)
        if route.method != scope["method"]:
            self._table.check_method(route, scope["path"], scope["method"])
        if route.handler is None:
            # KServe's routes do not know HEAD. The connection sends no body to one.
            await self._kserve_app({**scope, "method": route.method}, receive, context.relay)
            return
        body, deadline = b"", math.inf
        if route.reads:
            _check_content_type(route, headers)
            body = await _read_body(context.extension, receive)
            deadline = _deadline(headers, context.began)
        if route.choose:
            route = route.choose(body, headers)
        handler = cast(Handler, route.handler)
        if len(body) <= route.inline_bytes:
            if perf_counter() > deadline:
                raise DeadlinePassed
            response = handler(body, headers)
        elif route.batcher and len(body) <= INLINE_BYTES:
            request = cast(Decode, route.decode)(body, headers)
            response = await route.batcher.answer(request, self._queue, deadline, partial(_disconnected, receive))
        elif route.extract_link and (link := route.extract_link(body, headers)):
            response = await self._follow(link, deadline, partial(_disconnected, receive))
        else:
            disconnect = partial(_disconnected, receive)
            response = await self._queue.run(partial(handler, body, headers), deadline, disconnect)
        await context.respond(200, response.body, response.headers)

    async def _follow(self, link: Link, deadline: float, disconnect: Disconnect) -> Response:
        """Download the picture, while other requests are answered, and return the response on it."""
        if self._links is None:
            raise BadLink("This server does not follow links: IMAGE_HOSTS names no host. Send the picture itself.")
        async with AsyncExitStack() as held:
            download = held.enter_async_context(self._links.download(link.url))
            picture = await cancel_on_disconnect(download, disconnect, deadline)
            return await self._queue.run(partial(link.answer, picture), deadline, disconnect)


def _raise_fault(extension: RequestExtension) -> None:
    if extension.fault is not None:
        fault, extension.fault = extension.fault, None
        raise fault


async def _read_body(extension: RequestExtension, receive: Receive) -> bytes:
    """Return the whole body. The connection limits its length, and reports more as a fault."""
    chunks: list[bytes] = []
    more = True
    while more:
        message = await receive()
        _raise_fault(extension)
        if message["type"] == "http.disconnect":
            raise ClientDisconnected
        chunks.append(message["body"])
        more = message["more_body"]
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _deadline(headers: Mapping[bytes, bytes], began: float) -> float:
    """Return the perf_counter() after which the caller no longer waits. Raises InvalidInput."""
    allowed = headers.get(DEADLINE)
    if allowed is None:
        return math.inf
    if not re.fullmatch(rb"[0-9]{1,10}[ \t]*", allowed):
        raise InvalidInput("X-Envoy-Expected-Rq-Timeout-Ms must be a whole number of milliseconds.", "header")
    return began + int(allowed) / 1e3


def _check_content_type(route: Route, headers: Mapping[bytes, bytes]) -> None:
    if headers.get(b"content-encoding", b"identity") != b"identity":
        raise UnsupportedMediaType("Compressed bodies are not supported. Send it without Content-Encoding.")
    if headers.get(b"content-type", b"") not in route.reads and media_type(headers) not in route.reads:
        readable = " or ".join(name.decode() for name in route.reads if name)
        raise UnsupportedMediaType(
            f"Unsupported media type. This path reads {readable}; set the header "
            f"'Content-Type: {route.reads[0].decode()}'."
        )
