"""What can go wrong while serving, and what the caller is told.

ServingError                     ours is any other exception: 500, a fixed sentence
├── BadInput                400  the body or a value in it
├── BadLink                 400  a link to a picture that cannot be fetched
├── Malformed               400  not HTTP as this server reads it
├── NotFound                404  the path or the model
├── MethodNotAllowed        405  the path exists, with other methods
├── TooSlow                 408  the request did not arrive in time
├── TooLarge                413  more bytes than the server takes
├── TooManyPixels           413  a picture larger than the server decodes
├── UrlTooLong              414
├── UnsupportedMediaType    415  not the content type this path reads
├── HeadTooLarge            431  too many header fields, or too long
├── Overloaded              503  more is waiting than the server can do soon; ask again
└── DeadlinePassed          504  the caller no longer waits
"""

from collections.abc import Mapping
from typing import ClassVar


class ServingError(Exception):
    """A failure with an HTTP status and one sentence that may be shown to any caller.

    reason: the word that the metrics count it under; closes: whether the connection cannot be used after it.
    """

    status: ClassVar[int]
    reason: str
    closes: ClassVar[bool] = False

    def __init__(self, sentence: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.headers = dict(headers or {})


class BadInput(ServingError):
    status = 400
    reason = "input"


class Malformed(ServingError):
    status = 400
    reason = "malformed"
    closes = True


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


class Overloaded(ServingError):
    """reason: what there is too much of: "queue", "bytes" or "connections"; or "stop"."""

    status = 503

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence, {"retry-after": "1"})
        self.reason = reason


class DeadlinePassed(ServingError):
    status = 504
    reason = "deadline"

    def __init__(self) -> None:
        super().__init__("The time that the caller allowed had passed before the prediction began.")
