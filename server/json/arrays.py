"""JSON text of numbers in nested lists → an array, without a Python object for each number."""

from math import prod
from threading import local
from typing import cast

import numpy as np
import simdjson
from numpy.typing import NDArray

_DEEPEST = 4
"""Axes: pictures in colour. What is nested deeper is not looked into."""

_OF_NUMBERS = b"0123456789+-.eE \t\n\r"
_KEPT = 1 << 20
"""Bytes: for a longer text there is a parser of its own."""


class _Thread(local):
    """Its parser keeps its memory, 12 times the longest text: to get that anew would take as long as the parsing."""

    def __init__(self) -> None:
        self.parser = simdjson.Parser()


_THREAD = _Thread()


def array(text: bytes) -> NDArray[np.float32] | None:
    """As many axes as the lists are deep; a number too large for float32 is infinite.

    None of what is no JSON, has anything but numbers, none at all, or lists of different lengths or depths.
    """
    shape = _shape(text.translate(None, _OF_NUMBERS))
    if shape is None:
        return None
    parser = _THREAD.parser if len(text) <= _KEPT else simdjson.Parser()
    try:
        # At once: while anyone has the lists, the parser takes no other text.
        numbers = np.frombuffer(cast(simdjson.Array, parser.parse(text)).as_buffer(of_type="d"))
    except (ValueError, RuntimeError):  # no JSON; a whole number of more than 64 bits
        return None
    if len(numbers) != prod(shape):
        return None
    with np.errstate(over="ignore"):
        return numbers.astype(np.float32).reshape(shape)


def _shape(frame: bytes) -> tuple[int, ...] | None:
    """frame: the brackets and commas, which must be as those of the first list of each depth say."""
    depth = len(frame) - len(frame.lstrip(b"["))
    if not 0 < depth <= _DEEPEST:
        return None
    item = b""
    shape: tuple[int, ...] = ()
    for level in range(1, depth + 1):
        length = frame.find(b"]" * level) + level - (depth - level)
        count = (length - 1) // (len(item) + 1)
        item, shape = b"[" + ((item + b",") * count)[:-1] + b"]", (count, *shape)
    return shape if item == frame else None
