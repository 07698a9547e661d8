"""A picture as nested JSON lists of numbers → its pixels. Nothing is guessed from other pictures."""

import re
from itertools import chain
from typing import Any

import msgspec
import numpy as np
from msgspec import Raw
from numpy.typing import NDArray

from server import arrays, strict_json
from server.errors import BadInput
from server.pictures.levels import Pixels

GREY, COLOURED = 2, 3
"""How deep a picture is nested."""

_CHANNELS = (1, 3, 4)
_SMALLEST, _LARGEST = 0, 255
SIDE = 8
"""Pixels: a picture of fewer shows nothing, and is more likely one in colour that should have been in a list."""

Text = bytes | Raw

_OPENED = re.compile(rb"[\[\s]*")
_DECODERS: dict[int, msgspec.json.Decoder[Any]] = {
    GREY: msgspec.json.Decoder(list[list[float]]),
    COLOURED: msgspec.json.Decoder(list[list[list[float]]]),
}


def depth(raw: Text) -> int:
    opened = _OPENED.match(raw)
    return opened[0].count(b"[") if opened else 0


def pixels(raw: Text) -> Pixels:
    """Raises BadInput."""
    decoder = _DECODERS.get(depth(raw))
    if decoder is None:
        raise BadInput(f"A picture is a list of rows, and a row a list of pixels; this is {_described(raw)}.")
    try:
        rows = decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise BadInput("Every pixel must be a number, or every pixel a list of 1, 3 or 4 of them.") from error
    shape = _shape(rows)
    values = chain.from_iterable(rows)
    try:
        numbers = arrays.flat("FP32", list(values if len(shape) == GREY else chain.from_iterable(values)))
    except OverflowError as error:
        raise _out_of_range() from error
    if numbers.min() < _SMALLEST or numbers.max() > _LARGEST:
        raise _out_of_range()
    return scaled(numbers.reshape(shape), numbers.max())


def scaled(numbers: NDArray[Any], largest: NDArray[Any]) -> Pixels:
    """largest: the number of a picture, or of each, that says whether its white is 1 or 255."""
    white = np.where(largest > 1, np.float32(_LARGEST), np.float32(1))
    shades: Pixels = numbers / np.expand_dims(white, tuple(range(white.ndim, numbers.ndim)))
    return shades


def _shape(rows: list[list[Any]]) -> tuple[int, ...]:
    width = len(rows[0]) if rows else 0
    for index, row in enumerate(rows):
        if len(row) != width:
            raise BadInput(f"Row {index} has {len(row)} pixels, and row 0 has {width}.")
    if min(width, len(rows)) < SIDE:
        raise BadInput(f"A picture has at least {SIDE} × {SIDE} pixels; this one has {len(rows)} rows of {width}.")
    if not isinstance(rows[0][0], list):
        return len(rows), width
    channels = len(rows[0][0])
    if channels not in _CHANNELS or set(map(len, chain.from_iterable(rows))) != {channels}:
        raise BadInput("Every pixel must have as many colours as the others: 1, 3 or 4.")
    return len(rows), width, channels


def _described(raw: Text) -> str:
    return f"nested {depth(raw)} deep" if depth(raw) > COLOURED else strict_json.kind(raw)


def _out_of_range() -> BadInput:
    return BadInput("Every number must be from 0 to 255, or from 0 to 1.")
