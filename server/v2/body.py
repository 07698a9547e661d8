"""The body of a V2 request: its JSON part, and the tensors' bytes behind it."""

import re
from collections.abc import Mapping

from server.errors import InvalidInput
from server.v2 import request
from server.v2.request import InferRequest

JSON_LENGTH = b"inference-header-content-length"

_LENGTH = re.compile(rb"[0-9]{1,10}")


def read(body: bytes, headers: Mapping[bytes, bytes]) -> tuple[InferRequest, memoryview]:
    """The JSON part, and the bytes behind it. Raises InvalidInput."""
    document, binary = _split(body, headers.get(JSON_LENGTH))
    return request.decode(document), binary


def _split(body: bytes, json_length: bytes | None) -> tuple[bytes, memoryview]:
    if json_length is None:
        return body, memoryview(b"")
    if not _LENGTH.fullmatch(json_length) or int(json_length) > len(body):
        raise InvalidInput("Inference-Header-Content-Length must be the length of the JSON part, in bytes.")
    return body[: int(json_length)], memoryview(body)[int(json_length) :]
