"""Quantities of the command line: `50ms`, `500m`, `3x`, `60s`, `0.04/core-hour`, `8`."""

from argparse import ArgumentTypeError
from collections.abc import Callable

from loadtest.cluster import parse


def suffixed(*suffixes: str) -> Callable[[str], float]:
    """Return a parser of positive numbers that may end in one of the suffixes."""

    def read(text: str) -> float:
        digits = next((text.removesuffix(suffix) for suffix in suffixes if text.endswith(suffix)), text)
        try:
            value = float(digits)
        except ValueError:
            value = -1.0
        if not 0 < value < float("inf"):
            raise ArgumentTypeError(f"{text!r} is not a number above 0, such as 50{suffixes[0]}.")
        return value

    return read


milliseconds = suffixed("ms")
seconds = suffixed("s")
times = suffixed("x")
price = suffixed("/core-hour")


def whole(text: str) -> int:
    """Parse a whole number from 1."""
    if not (text.isascii() and text.isdigit() and int(text)):
        raise ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def millicores(text: str) -> int:
    """Parse a CPU quantity as in a manifest: `500m` or `2`."""
    try:
        value = round(parse.millicores(text))
    except (ValueError, KeyError):
        value = 0
    if value <= 0:
        raise ArgumentTypeError(f"{text!r} is not a CPU quantity, such as 500m or 2.")
    return value
