"""Skips the bytes of an array that joblib wrote between two opcodes of a pickle."""

from __future__ import annotations

import io
import re
from typing import Any

_CHUNK = 1 << 20
_FLAGS = 7  # the place of the flags in the state of a dtype that is a record; the lowest says that it has objects


class DamagedPickle(ValueError):
    """The bytes are not a pickle, or not a whole one."""


def item(dtype: str, state: Any) -> tuple[int, bool]:
    """Return how many bytes an item has, and whether the array is a pickle of Python objects instead.

    Args:
        dtype: The type as NumPy pickles it, such as "f8" or "U7".
        state: What else NumPy pickles of the type.
    """
    kind = re.fullmatch(r"([A-Za-z])(\d+)", dtype)
    if kind is None:
        raise DamagedPickle("an array in it has an unknown type")
    flags = state[_FLAGS] if state and len(state) > _FLAGS else 0
    return int(kind[2]) * (4 if kind[1] == "U" else 1), kind[1] == "O" or bool(flags & 1)


def skip(stream: io.BufferedReader, size: int, *, aligned: bool) -> None:
    """Read over an array of so many bytes; if it is aligned, one byte says how many come before it."""
    if aligned:
        size += stream.read(1)[0]
    while size > 0:
        skipped = len(stream.read(min(size, _CHUNK)))
        if not skipped:
            raise DamagedPickle("it ends inside an array")
        size -= skipped
