"""The input tensor of a V2 request for pictures: numbers as the model takes them, or files."""

from math import prod

import msgspec
import numpy as np
from numpy.typing import NDArray

from server.errors import InvalidInput
from server.json import arrays
from server.json.strict import UNREADABLE
from server.pictures import base64, numbered
from server.v2.inputs import disagreement
from server.v2.request import InputTensor
from server.v2.strings import unpack

_TEXTS = msgspec.json.Decoder(list[str])


def numbers(given: InputTensor, own: memoryview | None, height: int, width: int) -> NDArray[np.float32]:
    """[n, height, width] of FP32, from 0 to 1. own: its bytes, None where it is in JSON. Raises InvalidInput."""
    shape = given.shape
    if shape[1:] not in ([height, width], [1, height, width], [height, width, 1]) or shape[0] < 1:
        raise InvalidInput(
            f"Input {given.name} of FP32 has the shape [pictures, {height}, {width}], with at least one."
        )
    array = _from_json(given) if own is None else _from_bytes(given, own)
    if not (array.min() >= 0 and array.max() <= 1):  # so that NaN is neither
        raise InvalidInput(f"Input {given.name}: every number must be from 0 (black) to 1 (white).")
    return array.reshape(-1, height, width)


def files(given: InputTensor, own: memoryview | None) -> list[bytes]:
    """Of BYTES: base64 in JSON, the files as they are in binary. Raises InvalidInput."""
    count = given.shape[0] if given.shape[1:] in ([], [1]) and given.shape else 0
    if count < 1:
        raise InvalidInput(f"Input {given.name} of BYTES has the shape [pictures], with at least one.")
    if own is not None:
        return list(map(bytes, unpack(own, count)))
    try:
        texts = _TEXTS.decode(given.data or b"null")
    except UNREADABLE as error:
        raise InvalidInput(f"Input {given.name}: data must be a list of strings, pictures in base64.") from error
    if len(texts) != count:
        raise disagreement(given)
    found = []
    for index, text in enumerate(texts):
        with numbered.picture(index, count):
            found.append(base64.decode(text))
    return found


def _from_json(given: InputTensor) -> NDArray[np.float32]:
    numbers = arrays.array(bytes(given.data or b"null"))
    if numbers is None:
        raise InvalidInput(
            f"Input {given.name}: data must be a list of numbers from 0 to 1, flat or in the shape given."
        )
    if numbers.shape not in ((prod(given.shape),), tuple(given.shape)):
        raise disagreement(given)
    return numbers


def _from_bytes(given: InputTensor, own: memoryview) -> NDArray[np.float32]:
    if len(own) != prod(given.shape) * np.dtype("<f4").itemsize:
        raise InvalidInput(f"Input {given.name}: {len(own)} bytes do not fill the shape given.")
    return np.frombuffer(own, "<f4")
