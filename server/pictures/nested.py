"""A picture as nested JSON lists of numbers → its pixels. Nothing is guessed from other pictures."""

import re
from itertools import chain
from typing import Any

import msgspec
import numpy as np
from msgspec import Raw

from server.errors import InvalidInput
from server.json import arrays, strict
from server.pictures.grayscale import Pixels

GREY, COLOURED = 2, 3
"""How deep a picture is nested."""

SIDE = 8
"""Pixels: a picture of fewer shows nothing, and is more likely one in colour that should have been in a list."""

Text = bytes | Raw

_CHANNELS = (1, 3, 4)
_LARGEST = 255
_OPENED = re.compile(rb"[\[\s]*")
_LISTS: dict[int, msgspec.json.Decoder[Any]] = {
    GREY: msgspec.json.Decoder(list[list[float]]),
    COLOURED: msgspec.json.Decoder(list[list[list[float]]]),
}


def depth(raw: Text) -> int:
    opened = _OPENED.match(raw)
    return opened[0].count(b"[") if opened else 0


def pixels(raw: Text) -> Pixels:
    """Raises InvalidInput."""
    numbers = arrays.array(bytes(raw))
    if numbers is None or numbers.ndim not in _LISTS:
        raise _irregular(raw)
    _check_size(numbers.shape)
    shades = _shades(numbers, tuple(range(numbers.ndim)))
    if shades is None:
        raise _out_of_range()
    return shades


def stack(raw: Text) -> Pixels | None:
    """[n, height, width] of a list of grey pictures of one size; None where it is not, or one of them is not right."""
    numbers = arrays.array(bytes(raw)) if depth(raw) == 1 + GREY else None
    if numbers is None or numbers.ndim != 1 + GREY or min(numbers.shape[1:]) < SIDE:
        return None
    return _shades(numbers, (1, 2))


def _shades(numbers: Pixels, axes: tuple[int, ...]) -> Pixels | None:
    """axes: of a picture, whose largest number says whether its white is 1 or 255. None if one is out of range."""
    largest = numbers.max(axis=axes, keepdims=True)
    if numbers.min() < 0 or largest.max() > _LARGEST:
        return None
    white: Pixels = np.where(largest > 1, np.float32(_LARGEST), np.float32(1))
    return numbers / white


def _check_size(shape: tuple[int, ...]) -> None:
    height, width, *channels = shape
    if min(height, width) < SIDE:
        raise InvalidInput(f"A picture has at least {SIDE} × {SIDE} pixels; this one has {height} rows of {width}.")
    if channels and channels[0] not in _CHANNELS:
        raise _colours()


def _irregular(raw: Text) -> InvalidInput:
    """Why these lists are no picture."""
    if depth(raw) not in _LISTS:
        return InvalidInput(f"A picture is a list of rows, and a row a list of pixels; this is {_described(raw)}.")
    try:
        rows = _LISTS[depth(raw)].decode(raw)
    except msgspec.ValidationError:
        return InvalidInput("Every pixel must be a number, or every pixel a list of 1, 3 or 4 of them.")
    for index, row in enumerate(rows):
        if len(row) != len(rows[0]):
            return InvalidInput(f"Row {index} has {len(row)} pixels, and row 0 has {len(rows[0])}.")
    _check_size((len(rows), len(rows[0])))
    if depth(raw) == COLOURED and set(map(len, chain.from_iterable(rows))) - {len(rows[0][0]) or None}:
        return _colours()
    return _out_of_range()


def _described(raw: Text) -> str:
    return f"nested {depth(raw)} deep" if depth(raw) > COLOURED else strict.kind(raw)


def _colours() -> InvalidInput:
    return InvalidInput("Every pixel must have as many colours as the others: 1, 3 or 4.")


def _out_of_range() -> InvalidInput:
    return InvalidInput("Every number must be from 0 to 255, or from 0 to 1.")
