"""Which pixels hang together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RUNS = 1_500
"""Of a drawn digit there are some hundred; a grid of dots has thousands."""

Places = NDArray[np.int64]


def label(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """A number from 1 on for each part of `mask` that hangs together, also by corners; 0 elsewhere.

    In a mask of more than RUNS runs all is one part.
    """
    if np.count_nonzero(np.diff(mask, axis=1)) > 2 * RUNS:
        return mask.astype(np.int64)
    padded = np.pad(mask, ((0, 0), (1, 1))).ravel()
    changes = np.flatnonzero(np.diff(padded)) + 1
    starts, ends = changes[::2], changes[1::2]  # of the runs, row after row; the end is no part
    numbers = 1 + _joined(len(starts), *_touching(starts, ends, mask.shape[1] + 2))
    labels = np.zeros(padded.size, np.int64)
    labels[starts] = numbers
    labels[ends] = -numbers
    return labels.cumsum().reshape(len(mask), -1)[:, 1:-1]


def _touching(starts: Places, ends: Places, width: int) -> tuple[Places, Places]:
    """Each pair of runs of which the second lies in the row below the first, and touches it."""
    first = np.searchsorted(ends, starts + width)
    after = np.searchsorted(starts, ends + width, side="right")
    counts = after - first
    above = np.repeat(np.arange(len(starts)), counts)
    return above, np.arange(len(above)) + np.repeat(first - (counts.cumsum() - counts), counts)


def _joined(count: int, some: Places, others: Places) -> Places:
    """For each of so many, the least of all that pairs join it to."""
    least = np.arange(count)
    while (least[some] != least[others]).any():
        ends = least[some], least[others]
        np.minimum.at(least, np.maximum(*ends), np.minimum(*ends))
        while (least != least[least]).any():
            least = least[least]
    return least
