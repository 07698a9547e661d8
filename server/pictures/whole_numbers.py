"""JSON text of whole numbers from 0 to 255, nested [[[…]]] → an array, without a Python object for each number."""

import numpy as np
from numpy.typing import NDArray

_ZERO = ord("0")
_COMMA, _SPACE, _OPENING, _CLOSING = ((ord(sign) - _ZERO) % 256 for sign in ", []")
_LARGEST = 255

Bytes = NDArray[np.uint8]


def array(text: bytes) -> Bytes | None:
    """[n, height, width] of a text that is such a list, spaced as programs space it; None of any other."""
    frame = text.translate(None, b"0123456789 ")
    count, height, width = _shape(frame)
    if len(frame) != 1 + count * (2 + height * (width + 2)) or frame != _frame(count, height, width):
        return None
    numbers = _numbers(np.frombuffer(text, np.uint8) - np.uint8(_ZERO))
    if numbers is None or len(numbers) != count * height * width:
        return None
    return numbers.reshape(count, height, width)


def _shape(frame: bytes) -> tuple[int, int, int]:
    """If it is the frame of an array at all, then of this one."""
    return frame.count(b"]]"), frame.count(b"]", 0, frame.find(b"]]") + 1), frame.find(b"]") - len(b"[[")


def _frame(count: int, height: int, width: int) -> bytes:
    """What stands around the numbers of an array."""
    return _list(_list(_list(b"", width), height), count)


def _list(item: bytes, count: int) -> bytes:
    return b"[" + b",".join([item] * count) + b"]"


def _numbers(codes: Bytes) -> Bytes | None:
    """codes: of each character, how far it is from "0". None where digits stand otherwise, or say more, than they may.

    Every step takes the whole text at once; each character but the first and last few has neighbours on both sides.
    """
    size = len(codes) - 4
    _, hundreds, tens, units, after = (codes[start : start + size] for start in range(5))
    digit = codes < 10  # noqa: PLR2004 (the digits)
    thousand, hundred, ten, unit, goes_on = (digit[start : start + size] for start in range(5))
    begins, ends = unit & ~ten, unit & ~goes_on
    wrong = (
        (thousand & hundred & ten & unit)
        | (begins & goes_on & (units == 0))
        | (begins & (tens == _CLOSING))
        | (begins & (tens == _SPACE) & (hundreds != _COMMA))
        | (ends & ((after == _OPENING) | (after == _SPACE)))
    )
    numbers = units + 10 * (ten * tens) + np.uint16(100) * (hundred & ten) * hundreds
    wrong |= ends & (numbers > _LARGEST)
    return None if wrong.any() else numbers.astype(np.uint8).take(np.flatnonzero(ends))
