"""What can go wrong while serving, and what the caller is told.

ServingError                     the caller's fault; ours is any other exception: 500, a fixed sentence
├── BadInput                400  the body or a value in it
├── NotFound                404  the path or the model
├── MethodNotAllowed        405  the path exists, with other methods
├── TooLarge                413  more bytes than the server takes
└── UnsupportedMediaType    415  not the content type this path reads
"""

from collections.abc import Mapping


class ServingError(Exception):
    """A failure with an HTTP status and one sentence that may be shown to any caller."""

    status: int

    def __init__(self, sentence: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.headers = dict(headers or {})


class BadInput(ServingError):
    status = 400


class NotFound(ServingError):
    status = 404


class MethodNotAllowed(ServingError):
    status = 405


class TooLarge(ServingError):
    status = 413


class UnsupportedMediaType(ServingError):
    status = 415
