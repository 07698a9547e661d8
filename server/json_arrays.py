"""JSON text of numbers in nested lists → an array, without a Python object for each number."""

from math import prod
from threading import local

import numpy as np
import simdjson
from numpy.typing import NDArray

_DEEPEST = 4
"""Axes: pictures in colour. What is nested deeper is not looked into."""

_OF_NUMBERS = b"0123456789+-.eE \t\n\r"


class _Thread(local):
    """Its parser keeps its memory, 12 times the longest text: to get it anew would take as long as the parsing."""

    def __init__(self) -> None:
        self.parser = simdjson.Parser()


_THREAD = _Thread()


def array(text: bytes) -> NDArray[np.float64] | None:
    """As many axes as the lists are deep.

    None of what is no JSON, has anything but numbers, none at all, or lists of different lengths or depths.
    """
    shape = _shape(text.translate(None, _OF_NUMBERS))
    if shape is None:
        return None
    try:
        lists = _THREAD.parser.parse(text)
    except (ValueError, RuntimeError):  # no JSON; a whole number of more than 64 bits
        return None
    numbers = np.frombuffer(lists.as_buffer(of_type="d") if isinstance(lists, simdjson.Array) else b"")
    return numbers.reshape(shape) if len(numbers) == prod(shape) else None


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
        item, shape = b"[" + b",".join([item] * count) + b"]", (count, *shape)
    return shape if item == frame else None
