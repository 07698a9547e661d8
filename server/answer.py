"""What a handler gives back."""

from collections.abc import Sequence
from typing import NamedTuple

Header = tuple[bytes, bytes]

JSON = b"application/json"
JSON_HEADERS: Sequence[Header] = ((b"content-type", JSON),)


class Answer(NamedTuple):
    """The body of a 200, and the headers that are its own."""

    body: bytes
    headers: Sequence[Header] = JSON_HEADERS
