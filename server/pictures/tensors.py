"""The input tensor of a V2 request for pictures: numbers as the model takes them, or files."""

from itertools import chain
from math import prod
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from server import arrays
from server.errors import BadInput
from server.pictures import base64, numbered
from server.strict_json import UNREADABLE
from server.v2.inputs import disagreement
from server.v2.request import InputTensor
from server.v2.strings import unpack

_FLAT_NUMBERS = msgspec.json.Decoder(list[float])
_NESTED_NUMBERS: dict[int, msgspec.json.Decoder[Any]] = {
    3: msgspec.json.Decoder(list[list[list[float]]]),
    4: msgspec.json.Decoder(list[list[list[list[float]]]]),
}
_TEXTS = msgspec.json.Decoder(list[str])


def numbers(given: InputTensor, own: memoryview | None, height: int, width: int) -> NDArray[np.float32]:
    """[n, height, width] of FP32, from 0 to 1. own: its bytes, None where it is in JSON. Raises BadInput."""
    shape = given.shape
    if shape[1:] not in ([height, width], [1, height, width], [height, width, 1]) or shape[0] < 1:
        raise BadInput(f"Input {given.name} of FP32 has the shape [pictures, {height}, {width}], with at least one.")
    array = _from_json(given) if own is None else _from_bytes(given, own)
    if not (array.min() >= 0 and array.max() <= 1):  # so that NaN is neither
        raise BadInput(f"Input {given.name}: every number must be from 0 (black) to 1 (white).")
    return array.reshape(-1, height, width)


def files(given: InputTensor, own: memoryview | None) -> list[bytes]:
    """Of BYTES: base64 in JSON, the files as they are in binary. Raises BadInput."""
    count = given.shape[0] if given.shape[1:] in ([], [1]) and given.shape else 0
    if count < 1:
        raise BadInput(f"Input {given.name} of BYTES has the shape [pictures], with at least one.")
    if own is not None:
        return list(map(bytes, unpack(own, count)))
    try:
        texts = _TEXTS.decode(given.data or b"null")
    except UNREADABLE as error:
        raise BadInput(f"Input {given.name}: data must be a list of strings, pictures in base64.") from error
    if len(texts) != count:
        raise disagreement(given)
    found = []
    for index, text in enumerate(texts):
        with numbered.picture(index, count):
            found.append(base64.decode(text))
    return found


def _from_json(given: InputTensor) -> NDArray[np.float32]:
    data, shape = given.data or b"null", given.shape
    try:
        values = _FLAT_NUMBERS.decode(data)
    except UNREADABLE:
        values = _flattened(given, data)
    if len(values) != prod(shape):
        raise disagreement(given)
    try:
        return arrays.flat("FP32", values)
    except OverflowError as error:
        raise BadInput(f"Input {given.name}: a number is too large for FP32.") from error


def _flattened(given: InputTensor, data: bytes | msgspec.Raw) -> list[Any]:
    try:
        values: list[Any] = _NESTED_NUMBERS[len(given.shape)].decode(data)
    except UNREADABLE as error:
        raise BadInput(f"Input {given.name}: data must be a list of numbers, flat or in the shape given.") from error
    for length in given.shape[1:]:
        if set(map(len, values)) != {length}:
            raise disagreement(given)
        values = list(chain.from_iterable(values))
    return values


def _from_bytes(given: InputTensor, own: memoryview) -> NDArray[np.float32]:
    if len(own) != prod(given.shape) * np.dtype("<f4").itemsize:
        raise BadInput(f"Input {given.name}: {len(own)} bytes do not fill the shape given.")
    return np.frombuffer(own, "<f4")
