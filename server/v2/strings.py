"""V2's binary form of tensors: numbers are little-endian, and four bytes before each string give its length."""

from collections.abc import Iterable
from struct import pack as pack_struct
from struct import unpack_from
from typing import Any

import numpy as np

from server.errors import InvalidInput


def pack(array: np.ndarray[Any, Any]) -> bytes:
    if array.dtype == np.object_:
        return pack_strings(str(value).encode() for value in array.ravel())
    return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()


def pack_strings(strings: Iterable[bytes]) -> bytes:
    return b"".join(pack_struct("<I", len(string)) + string for string in strings)


def unpack(binary: memoryview, count: int) -> list[memoryview]:
    """Return exactly `count` strings of bytes. Raises InvalidInput if bytes are missing or left over."""
    strings: list[memoryview] = []
    position = 0
    while position + 4 <= len(binary) and len(strings) < count:
        (length,) = unpack_from("<I", binary, position)
        end = position + 4 + length
        if end > len(binary):
            break
        strings.append(binary[position + 4 : end])
        position = end
    if len(strings) != count or position != len(binary):
        raise InvalidInput(
            "The binary strings do not fill the shape. Send each as its length, in four bytes, and its bytes.", "shape"
        )
    return strings


def unpack_texts(binary: memoryview, count: int) -> np.ndarray[Any, Any]:
    """Return an array of `count` texts. Raises InvalidInput as `unpack` does, or if one is not UTF-8."""
    return np.array(list(map(decode_text, unpack(binary, count))), np.object_)


def decode_text(string: memoryview) -> str:
    try:
        return str(string, "utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput("The binary strings must be UTF-8.", "value_type") from error
