"""The Route type: what answers the requests of one path and method. server/routing.py lists all of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from server.batching import Batcher
from server.errors import ServingError
from server.response import Response, error_response
from server.row_request import RowRequest

# Paths under which a model predicts; {model} stands for its name.
PREDICT, PREDICT_BATCH, PREDICT_LABEL = "/predict/{model}", "/predict/{model}/batch", "/predict/{model}/img"
V1, V2 = "/v1/models/{model}:predict", "/v2/models/{model}/infer"
VERSION = "/v2/models/{model}/versions/{version}"  # what V2 has below the model's name is below this path, too

# Paths that name no model, and the path of the default model that each stands for.
DEFAULT_PATHS = {
    "/predict": PREDICT,
    "/predict/batch": PREDICT_BATCH,
    "/prediction/batch": PREDICT_BATCH,
    "/predict/img": PREDICT_LABEL,
}
# The names of the routes that say whether the server, or a model, can take requests.
READINESS = frozenset({"/health/ready", "/v2/health/ready", "/v2/models/{model}/ready", f"{VERSION}/ready"})
# The names of the routes under which models predict.
PREDICTING = frozenset({*DEFAULT_PATHS, PREDICT, PREDICT_BATCH, PREDICT_LABEL, V1, V2, f"{VERSION}/infer"})

# Names that many clients send for content types, and the registered ones.
_REGISTERED = {b"image/jpg": b"image/jpeg", b"image/pjpeg": b"image/jpeg", b"image/x-png": b"image/png"}

Headers = Mapping[bytes, bytes]
Handler = Callable[[bytes, Headers], Response]
Decode = Callable[[bytes, Headers], RowRequest]


class Link(NamedTuple):
    """A request whose picture is given by a link.

    Attributes:
        url: Where the picture is.
        answer: Return the response, given the bytes that were downloaded.
    """

    url: str
    answer: Callable[[bytes], Response]


@dataclass(frozen=True, eq=False)
class Route:
    """What answers the requests of one path and method. No two are equal: those of two models may share a name.

    Attributes:
        name: The route in logs and metrics.
        method: The HTTP method. A GET route also answers HEAD.
        handler: (body, headers) → Response, without any I/O. None passes the request to KServe's app.
        reads: Content types that the route accepts; empty for a route without a body.
        inline_bytes: A longer body is handled off the event loop, since it would delay other responses.
        decode: (body, headers) → its rows, of a route that predicts rows.
        batcher: What predicts the rows of several requests in one call, if the model is one for that.
        choose: (body, headers) → the route whose handler, limit and links apply, if the body decides between routes.
        extract_link: Return the link in a body that is handled off the event loop, if it has one.
        error_response: (error, headers) → the response that refuses a request.
    """

    name: str
    method: str
    handler: Handler | None = None
    reads: tuple[bytes, ...] = ()
    inline_bytes: int = 0
    decode: Decode | None = None
    batcher: Batcher | None = None
    choose: "Callable[[bytes, Headers], Route] | None" = None
    extract_link: Callable[[bytes, Headers], Link | None] | None = None
    error_response: Callable[[ServingError, Headers], Response] = error_response


Routes = dict[tuple[str, str], Route]  # by path and method


def media_type(headers: Headers) -> bytes:
    """Return the content type under its registered name, in lower case and without its parameters."""
    named = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    return _REGISTERED.get(named, named)
