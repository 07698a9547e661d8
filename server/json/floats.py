"""Arrays → JSON, without a Python object for each value."""

from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray


def listed(array: NDArray[Any]) -> bytes:
    """A flat JSON list; a float32 in its shortest decimal form (0.1, not 0.10000000149011612)."""
    if array.dtype.hasobject:
        return orjson.dumps(array.ravel().tolist())
    return orjson.dumps(array.ravel(), option=orjson.OPT_SERIALIZE_NUMPY)


def single(value: np.generic) -> bytes:
    """A value of an array of numbers."""
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)


def each(array: NDArray[Any]) -> list[bytes]:
    """The numbers of an array, each as JSON writes it."""
    return listed(array)[1:-1].split(b",")
