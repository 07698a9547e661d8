"""What can go wrong while serving, and what the caller is told.

ServingError
├── InvalidInput            400  the body or a value in it
├── BadLink                 400  a link to a picture that cannot be fetched
├── Malformed               400  not HTTP as this server reads it
├── OriginNotAllowed        403  a page of an origin that is not in CORS_ORIGINS
├── NotFound                404  the path or the model
├── MethodNotAllowed        405  the path exists, with other methods
├── TooSlow                 408  the request did not arrive in time
├── TooLarge                413  more bytes than the server takes
├── TooManyPixels           413  a picture larger than the server decodes
├── UrlTooLong              414
├── UnsupportedMediaType    415  not the content type this path reads
├── HeadTooLarge            431  too many header fields, or too long
├── Failed                  500  any other exception: our fault; the log has the detail
├── Unimplemented           501  gRPC: a method that this server does not have
├── Overloaded              503  more is waiting than the server can do soon; ask again
└── DeadlinePassed          504  the caller no longer waits
"""

from collections.abc import Mapping
from math import ceil
from typing import ClassVar, Literal, get_args


class ServingError(Exception):
    """A failure with an HTTP status and one sentence that may be shown to any caller.

    Attributes:
        status: HTTP status of the response.
        reason: Stable machine-readable code, in the body and as a label of `mlserving_refused_total`.
        closes: Whether the connection is closed after the response.
        sentence: What is wrong, and what to do about it.
        headers: Headers that the response carries in addition.
    """

    status: ClassVar[int]
    reason: str
    closes: ClassVar[bool] = False

    def __init__(self, sentence: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.headers = dict(headers or {})


InvalidReason = Literal[
    "empty_body",  # no body where one is needed
    "invalid_json",  # not JSON, or not UTF-8
    "too_deep",  # nested deeper than any request needs
    "duplicate_key",  # one key twice in one object
    "structure",  # valid JSON of another shape than the path reads
    "missing_field",
    "unknown_field",
    "empty_list",  # a batch without rows or pictures
    "value_type",  # a string, boolean, null or nested value where a number belongs, or the reverse
    "value_range",  # NaN, infinity, or a number that the datatype or the model cannot take
    "unknown_category",  # a string outside a closed list
    "inputs",  # V2: a tensor is missing, unknown or repeated
    "outputs",  # V2: an output that the model does not have, or one asked for twice
    "datatype",  # V2: not the tensor's datatype
    "shape",  # V2: a shape the tensor cannot have, or data that does not fill it
    "binary_data",  # V2: lengths of the binary part that contradict each other
    "no_picture",  # no picture where one is needed, or several where one is
    "picture_format",  # bytes that are not a picture this server decodes
    "picture_pixels",  # arrays of pixels that are ragged, too small or out of range
    "too_many_pictures",  # more pictures than one request may have converted to the model's form
    "base64",
    "form",  # multipart/form-data or a page's form that cannot be read
    "compression",  # a compressed body that is damaged or incomplete
    "header",  # a header whose value makes no sense
    "message",  # gRPC: not the message that the method takes
]


class InvalidInput(ServingError):
    """The body or a value in it is wrong."""

    status = 400
    reason: InvalidReason

    def __init__(self, sentence: str, reason: InvalidReason) -> None:
        super().__init__(sentence)
        self.reason = reason


class BadLink(ServingError):
    """A link to a picture that cannot be fetched, also if its host is at fault: another link would be answered."""

    status = 400
    reason = "link"


class Malformed(ServingError):
    status = 400
    reason = "malformed"
    closes = True


class OriginNotAllowed(ServingError):
    status = 403
    reason = "origin"


class NotFound(ServingError):
    status = 404
    reason = "path"


class MethodNotAllowed(ServingError):
    status = 405
    reason = "method"


class TooSlow(ServingError):
    status = 408
    reason = "slow"
    closes = True


class TooLarge(ServingError):
    status = 413
    reason = "body"
    closes = True


class TooManyPixels(ServingError):
    status = 413
    reason = "pixels"


class UrlTooLong(ServingError):
    status = 414
    reason = "url"
    closes = True


class UnsupportedMediaType(ServingError):
    status = 415
    reason = "media_type"


class HeadTooLarge(ServingError):
    status = 431
    reason = "head"
    closes = True


OverloadReason = Literal[
    "queue",  # too many predictions wait
    "bytes",  # too much request data is buffered
    "connections",
    "links",  # too many downloads are in progress
    "stop",  # the server stopped before it could answer
]


class Overloaded(ServingError):
    """The server cannot answer this request now. The response carries Retry-After."""

    status = 503

    def __init__(self, reason: OverloadReason, sentence: str, seconds: float = 1) -> None:
        super().__init__(sentence, {"retry-after": str(max(1, ceil(seconds)))})
        self.reason = reason


class Failed(ServingError):
    """Our fault. The caller gets a fixed sentence; the log has the detail."""

    status = 500
    reason = "internal"

    def __init__(self) -> None:
        super().__init__("The server failed to answer this request. Its log has the details.")


class Unimplemented(ServingError):
    status = 501
    reason = "unimplemented"


class DeadlinePassed(ServingError):
    status = 504
    reason = "deadline"

    def __init__(self) -> None:
        super().__init__("Deadline exceeded: the time that the caller allowed passed before the prediction began.")


def reasons_by_status() -> dict[int, list[str]]:
    """Return every reason that a refusal may carry, grouped by its status."""
    found = {InvalidInput.status: [*get_args(InvalidReason)], Overloaded.status: [*get_args(OverloadReason)]}
    for error in ServingError.__subclasses__():
        if hasattr(error, "reason"):
            found.setdefault(error.status, []).append(error.reason)
    return dict(sorted(found.items()))
