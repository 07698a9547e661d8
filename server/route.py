"""What is done with the requests of one path and method."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from server.errors import ServingError
from server.response import Response, refused

Headers = Mapping[bytes, bytes]
Handler = Callable[[bytes, Headers], Response]


def _never(_body: bytes, _headers: Headers) -> bool:
    return False


class Link(NamedTuple):
    """A body in which a link stands for a picture; answer: what is answered on the picture's file, once it is here."""

    url: str
    answer: Callable[[bytes], Response]


def _unlinked(_body: bytes, _headers: Headers) -> None:
    return None


@dataclass(frozen=True)
class Route:
    """name: the route in logs and metrics; reads: the content types it takes, empty for a route without a body.

    handler: (body, headers) → Response, pure of the network; None hands the request on to KServe's app.
    inline_bytes: a longer body is handled off the event loop, as it would delay the answers beside it.
    slow: whether a body is handled there however short it is.
    linked: what is to be done with a body that is handled there, where it has a link in it.
    refusal: (error, headers) → what is answered where a request is refused.
    beside: the route of the same path that takes another method.
    """

    name: str
    method: str
    handler: Handler | None = None
    reads: tuple[bytes, ...] = ()
    inline_bytes: int = 0
    slow: Callable[[bytes, Headers], bool] = _never
    linked: Callable[[bytes, Headers], Link | None] = _unlinked
    refusal: Callable[[ServingError, Headers], Response] = refused
    beside: "Route | None" = None


def media_type(headers: Headers) -> bytes:
    """What the body is said to be, without its parameters."""
    return headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
