"""Turn recorded traffic into the shape of a load: the rate of each of its seconds, at another speed or scale."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from math import ceil
from pathlib import Path

from loadtest.format import number, span
from loadtest.shapes import Shape, Stage
from loadtest.traffic import table
from loadtest.traffic.table import Piece

LONGEST = 7 * 24 * 3600  # seconds
HIGHEST = 100_000.0  # requests per second
DIGITS = 4  # after the point of a rate


def read(path: Path, faster: float, scale: float) -> Shape:
    """Return the shape of a table.

    Args:
        path: The table.
        faster: How many recorded seconds pass in one: 60 repeats an hour in a minute. The rates stay what they were.
        scale: What the rates are multiplied by.

    Raises:
        ValueError: The table has another form, holds no request, or cannot be sent at that speed or scale.
    """
    recorded = table.read(path)
    pieces = [
        replace(piece, start=piece.start / faster, end=piece.end / faster, rate=piece.rate * scale)
        for piece in recorded
    ]
    if pieces[-1].end > LONGEST:
        days = f"{pieces[-1].end / 86400:.4g}"
        raise ValueError(f"{path} would take {days} days. A load test takes at most a week. Use --faster.")
    if pieces[-1].end < 1:
        raise ValueError(f"{path} would take less than a second. Use a lower --faster.")
    if (highest := table.peak(pieces)) > HIGHEST:
        most = number(HIGHEST)
        raise ValueError(f"{path} rises to {highest:.4g} requests/s. A load test sends at most {most}. Use --scale.")
    rates = _by_second(pieces)
    if not any(rates):
        raise ValueError(f"{path} has no request.")
    about = f"{span(recorded[-1].end)} of recorded traffic from {path.name}, up to {number(max(rates))} requests/s"
    steps = tuple((next(group)[0], rate) for rate, group in groupby(enumerate(rates), key=lambda second: second[1]))
    return Shape(path.name, about, (Stage("traffic", len(rates), 0),), scales=False, traffic=steps)


def _by_second(pieces: Sequence[Piece]) -> list[float]:
    """Return the mean rate of each second, so that no request is left out where pieces are shorter than that."""
    requests = [0.0] * ceil(round(pieces[-1].end, 6))
    for piece in pieces:
        for second in range(int(piece.start), min(ceil(piece.end), len(requests))):
            inside = min(piece.end, second + 1) - max(piece.start, second)
            requests[second] += piece.rate * max(0.0, inside)
    return [round(rate, DIGITS) for rate in requests]
