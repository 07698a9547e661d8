"""Arrays of numbers from and to JSON text, without a Python object for each number."""

from math import prod
from threading import local
from typing import Any, cast

import msgspec
import numpy as np
import orjson
import simdjson
from numpy.typing import NDArray

_MAX_AXES = 4  # a batch of pictures in colour
_NUMBER_BYTES = b"0123456789+-.eE \t\n\r"  # what numbers and the white space around them are made of
_REUSE_BYTES = 1 << 20  # a longer text gets a parser of its own, whose memory is freed


class _Parser(local):
    """The thread's parser. It keeps 12 times the longest text's memory, which takes as long to allocate as to parse."""

    def __init__(self) -> None:
        self.parser = simdjson.Parser()


_THREAD = _Parser()


def parse(text: bytes) -> NDArray[np.float32] | None:
    """Return the numbers of nested lists, with an axis for each level; numbers too large for float32 are infinite.

    It is None if the text is not JSON, or not lists of one length on each level with at least one number and nothing
    but numbers in them. 100 pictures take 1.8 ms; msgspec with numpy takes 4.9 ms, orjson with numpy 4.5 ms.
    """
    shape = _shape(text.translate(None, _NUMBER_BYTES))
    if shape is None:
        return None
    parser = _THREAD.parser if len(text) <= _REUSE_BYTES else simdjson.Parser()
    try:
        # In one expression: the parser refuses the next text for as long as something refers to these lists.
        numbers = np.frombuffer(cast(simdjson.Array, parser.parse(text)).as_buffer(of_type="d"))
    except (ValueError, RuntimeError):  # not JSON, or an integer of more than 64 bits
        return None
    # simdjson flattens the lists. The brackets are those of the shape, so if there are as many numbers as it holds,
    # and the text is JSON, each number has the place that the shape gives it.
    if len(numbers) != prod(shape):
        return None
    with np.errstate(over="ignore"):
        return numbers.astype(np.float32).reshape(shape)


def _shape(frame: bytes) -> tuple[int, ...] | None:
    """Return the shape of the lists whose brackets and commas these are, or None if they are not of one shape.

    The first list on each level says how many items the lists of that level have. From these lengths the frame that
    the whole text should have is built up, innermost level first: of shape (2, 3) it is "[[,,],[,,]]". The text is
    regular if its frame is that one. No item built is longer than the text, whatever lengths it claims.
    """
    depth = len(frame) - len(frame.lstrip(b"["))
    if not 0 < depth <= _MAX_AXES:
        return None
    item = b""  # the frame of one item of the lists on this level
    shape: tuple[int, ...] = ()
    for level in range(1, depth + 1):
        start = depth - level  # of the first list on this level, behind the brackets of those around it
        end = frame.find(b"]" * level) + level
        # A list is "[item,item,…]": a byte to open it, and for each item a comma or the closing bracket.
        count = (end - start - 1) // (len(item) + 1)
        item = b"[" + ((item + b",") * count)[:-1] + b"]"
        shape = (count, *shape)
    return shape if item == frame else None


def encode(array: NDArray[Any]) -> bytes:
    """Return a flat JSON list; a float32 in its shortest decimal form (0.1, not 0.10000000149011612)."""
    if array.dtype.hasobject:
        return orjson.dumps(array.ravel().tolist())
    return orjson.dumps(array.ravel(), option=orjson.OPT_SERIALIZE_NUMPY)


def encode_each(array: NDArray[Any]) -> list[bytes]:
    """Return the JSON text of each number, or of each row of numbers as a list."""
    if array.ndim > 1:
        return [encode(row) for row in array]
    return encode(array)[1:-1].split(b",")


def to_list(array: NDArray[Any]) -> list[Any]:
    """Return the values as JSON shows them: a float32 as the number that its shortest decimal form stands for."""
    values: list[Any] = msgspec.json.decode(encode(array))
    return values
