"""Reads the body of a request: checks its content type, receives it and decompresses it."""

from collections.abc import Awaitable, Callable
from functools import partial

from server.errors import UnsupportedMediaType
from server.http.compression import content_coding, expand
from server.http.request import Message, RequestContext
from server.http.service_times import Work
from server.http.worker import ClientDisconnected, WorkerQueue
from server.route import Headers, Route, media_type

Receive = Callable[[], Awaitable[Message]]

EXPANSION = "expansion"  # as a kind of work
EXPANDED_INLINE_BYTES = 1024  # a longer body may take over a millisecond


async def read_body(
    route: Route, headers: Headers, receive: Receive, context: RequestContext, queue: WorkerQueue, deadline: float
) -> bytes:
    """Return the whole body, decompressed. The connection limits its length and reports an excess as a fault.

    Args:
        route: What reads the body.
        headers: The request's.
        receive: Returns the next part of it.
        context: The request, which holds an expanded body until it is finished.
        queue: Where a long body is expanded.
        deadline: The perf_counter() after which the caller no longer waits.

    Raises:
        ServingError: The body is not what the route reads, too long or damaged.
        ClientDisconnected: The client disconnected first.
    """
    _check_content_type(route, headers)
    coding = headers.get(b"content-encoding")
    coding = content_coding(coding) if coding else b""
    chunks: list[bytes] = []
    more = True
    while more:
        message = await receive()
        raise_fault(context)
        if message["type"] == "http.disconnect":
            raise ClientDisconnected
        chunks.append(message["body"])
        more = message["more_body"]
    body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
    if coding:
        job = partial(expand, coding, body, context.max_body_bytes)
        inline = len(body) <= EXPANDED_INLINE_BYTES
        body = (
            job()
            if inline
            else await queue.run(job, Work(EXPANSION, len(body)), deadline, partial(disconnected, receive))
        )
        context.hold(len(body))
    return body


def raise_fault(context: RequestContext) -> None:
    """Raise the fault that the connection found in the request, if there is one."""
    extension = context.extension
    if extension.fault is not None:
        fault, extension.fault = extension.fault, None
        raise fault


async def disconnected(receive: Receive) -> None:
    """Return when the client has disconnected."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _check_content_type(route: Route, headers: Headers) -> None:
    if headers.get(b"content-type", b"") not in route.reads and media_type(headers) not in route.reads:
        readable = " or ".join(name.decode() for name in route.reads if name)
        raise UnsupportedMediaType(
            f"Unsupported media type. This path reads {readable}; set the header "
            f"'Content-Type: {route.reads[0].decode()}'."
        )
