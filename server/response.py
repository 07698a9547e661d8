"""What a handler gives back."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

Header = tuple[bytes, bytes]

JSON = b"application/json"
OCTETS = b"application/octet-stream"
JSON_HEADERS: Sequence[Header] = ((b"content-type", JSON),)


class Answer(NamedTuple):
    """A body, and the headers that are its own."""

    body: bytes
    headers: Sequence[Header] = JSON_HEADERS


def refused(sentence: str, _headers: Mapping[bytes, bytes]) -> Answer:
    """What a refusal says, whatever its status; headers: of the request."""
    return Answer(msgspec.json.encode({"error": sentence}))
