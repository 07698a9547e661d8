"""What a handler gives back."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from server.errors import ServingError

Header = tuple[bytes, bytes]

JSON = b"application/json"
OCTETS = b"application/octet-stream"
JSON_HEADERS: Sequence[Header] = ((b"content-type", JSON),)


class Response(NamedTuple):
    """A body, and the headers that are its own."""

    body: bytes
    headers: Sequence[Header] = JSON_HEADERS


def error_response(error: ServingError, _headers: Mapping[bytes, bytes]) -> Response:
    """Return the JSON body of a refusal, the same for every status."""
    return Response(msgspec.json.encode({"error": error.sentence, "reason": error.reason}))
