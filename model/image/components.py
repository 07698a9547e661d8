"""Which pixels hang together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

RUNS = 1_500
"""Of a drawn digit there are some hundred; a grid of dots has thousands, and would take long."""


def label(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """A number from 1 on for each part of `mask` that hangs together, also by corners; 0 elsewhere.

    In a mask of more than RUNS runs all is one part.
    """
    if np.count_nonzero(np.diff(mask, axis=1)) > 2 * RUNS:
        return mask.astype(np.int64)
    parents: list[int] = [0]
    numbers = np.zeros(mask.shape, np.int64)
    above: list[tuple[int, int, int]] = []
    for row, line in enumerate(mask):
        runs = []
        for start, end in _runs(line):
            touched = {_root(parents, number) for first, last, number in above if first <= end and start <= last}
            number = min(touched, default=len(parents))
            if not touched:
                parents.append(number)
            for other in touched:
                parents[other] = number
            numbers[row, start:end] = number
            runs.append((start, end, number))
        above = runs
    return np.array([_root(parents, number) for number in range(len(parents))])[numbers]


def _runs(line: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Start and end, the latter no part of it, of each run of true values."""
    changes = np.flatnonzero(np.diff(line, prepend=False, append=False))
    return zip(changes[::2].tolist(), changes[1::2].tolist(), strict=True)


def _root(parents: list[int], number: int) -> int:
    while parents[number] != number:
        number = parents[number]
    return number
