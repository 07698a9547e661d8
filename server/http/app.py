"""The ASGI app: finds the route, reads the body, answers on or off the event loop, and turns errors into responses."""

import asyncio
import math
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
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
)
from server.http import compression
from server.http.body import Receive, disconnected, raise_fault, read_body
from server.http.request import CLIENT_DISCONNECTED, RequestContext, Responder, Scope, Send
from server.http.route_table import RouteTable
from server.http.service_times import Work
from server.http.worker import ClientDisconnected, Disconnect, WorkerQueue, cancel_on_disconnect
from server.predictor import INLINE_BYTES
from server.response import Response
from server.route import READINESS, Decode, Handler, Headers, Link, Route, Routes

if TYPE_CHECKING:
    from server.links import Links

ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

COMPRESSION = "compression"  # as a kind of work
DEADLINE = b"x-envoy-expected-rq-timeout-ms"  # how long the caller still waits, as Envoy (and so Istio) says it


class App:
    """Answers our own routes, passes the allow-listed rest to KServe's app, and refuses everything else."""

    def __init__(
        self,
        routes: Routes,
        kserve_app: ASGIApp,
        queue: WorkerQueue,
        responder: Responder,
        links: "Links | None" = None,
    ) -> None:
        self._routes = routes
        self._table = RouteTable(routes)
        self._kserve_app = kserve_app
        self._queue = queue
        self._links = links
        self._responder = responder
        self.in_flight = 0
        metrics.IN_FLIGHT.set_function(lambda: self.in_flight)
        metrics.QUEUE.set_function(lambda: queue.length)

    def drain(self) -> None:
        """Close each connection with its next response."""
        self._responder.draining = True

    def fail_readiness(self) -> None:
        """Refuse probes of readiness from now on, and only these."""
        for key, route in self._routes.items():
            if route.name in READINESS:
                self._routes[key] = replace(route, handler=_refuse_probe)

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
        raise_fault(context)
        if route.method != scope["method"]:
            self._table.check_method(route, scope["path"], scope["method"])
        if route.handler is None:
            # KServe's routes do not know HEAD. The connection sends no body to one.
            await self._kserve_app({**scope, "method": route.method}, receive, context.relay)
            return
        body, deadline = b"", math.inf
        if route.reads:
            deadline = _deadline(headers, context.extension.arrived)
            body = await read_body(route, headers, receive, context, self._queue, deadline)
        if route.choose:
            route = route.choose(body, headers)
        handler = cast(Handler, route.handler)
        if len(body) <= route.inline_bytes:
            if perf_counter() > deadline:
                raise DeadlinePassed
            response = handler(body, headers)
        else:
            response = await self._answer_in_turn(route, body, headers, deadline, partial(disconnected, receive))
        if len(response.body) > compression.MIN_BYTES:
            response = await self._compress(response, headers, partial(disconnected, receive))
        await context.respond(200, response.body, response.headers)

    async def _answer_in_turn(
        self, route: Route, body: bytes, headers: Headers, deadline: float, disconnect: Disconnect
    ) -> Response:
        """Return the response of a handler that would take too long on the event loop."""
        work = Work(route, len(body))
        if route.batcher and len(body) <= INLINE_BYTES:
            request = cast(Decode, route.decode)(body, headers)
            return await route.batcher.answer(request, work, self._queue, deadline, disconnect)
        if route.extract_link and (link := route.extract_link(body, headers)):
            return await self._follow(link, route, deadline, disconnect)
        job = partial(cast(Handler, route.handler), body, headers)
        return await self._queue.run(job, work, deadline, disconnect)

    async def _compress(self, response: Response, headers: Headers, disconnect: Disconnect) -> Response:
        coding = compression.accepted_coding(headers.get(b"accept-encoding", b""))
        job = partial(compression.compress, response, coding)
        if not coding or len(response.body) <= compression.INLINE_BYTES:
            return job()
        try:
            return await self._queue.run(job, Work(COMPRESSION, len(response.body)), math.inf, disconnect)
        except Overloaded:  # the prediction is made: it goes out as it is
            return compression.compress(response, b"")

    async def _follow(self, link: Link, route: Route, deadline: float, disconnect: Disconnect) -> Response:
        """Download the picture, while other requests are answered, and return the response on it."""
        if self._links is None:
            raise BadLink("This server does not follow links: IMAGE_HOSTS names no host. Send the picture itself.")
        async with AsyncExitStack() as held:
            download = held.enter_async_context(self._links.download(link.url))
            picture = await cancel_on_disconnect(download, disconnect, deadline)
            work = Work(route, len(picture))
            return await self._queue.run(partial(link.answer, picture), work, deadline, disconnect)


def _refuse_probe(_body: bytes, _headers: Headers) -> Response:
    raise Overloaded("stop", "The server is stopping. Send requests to another one.")


def _deadline(headers: Mapping[bytes, bytes], arrived: float) -> float:
    """Return the perf_counter() after which the caller no longer waits. Raises InvalidInput."""
    allowed = headers.get(DEADLINE)
    if allowed is None:
        return math.inf
    if not re.fullmatch(rb"[0-9]{1,10}[ \t]*", allowed):
        raise InvalidInput("X-Envoy-Expected-Rq-Timeout-Ms must be a whole number of milliseconds.", "header")
    return arrived + int(allowed) / 1e3
