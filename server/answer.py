"""What a handler gives back."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

Header = tuple[bytes, bytes]

JSON = b"application/json"
JSON_HEADERS: Sequence[Header] = ((b"content-type", JSON),)


class Answer(NamedTuple):
    """A body, and the headers that are its own."""

    body: bytes
    headers: Sequence[Header] = JSON_HEADERS


def refused(sentence: str) -> Answer:
    """What a refusal says, whatever its status."""
    return Answer(msgspec.json.encode({"error": sentence}))
