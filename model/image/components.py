"""Connected components of a binary image.

scipy.ndimage.label does the same, but would add about 100 MB to the image for this one call. A loop over pixels in
Python would be too slow, so the unit of work is the run: a horizontal stretch of set pixels.

1. All runs of all rows are found at once, as the places where the flattened mask changes.
2. Runs of neighbouring rows that touch are paired by binary search, since both rows' runs are sorted.
3. Each run starts as a component of its own. Of every pair whose numbers differ, the larger is replaced by the smaller
   (union by minimum), until no pair differs. The number of rounds is small, because numbers are followed to their root
   after each round.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MAX_RUNS = 1_500  # a drawn digit has some hundred; a grid of dots has thousands, and would take long to join

Indices = NDArray[np.int64]


def label(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Number the 8-connected components of `mask` from 1; 0 is background.

    A mask of more than MAX_RUNS runs is treated as one component.
    """
    if np.count_nonzero(np.diff(mask, axis=1)) > 2 * MAX_RUNS:
        return mask.astype(np.int64)
    padded = np.pad(mask, ((0, 0), (1, 1))).ravel()  # the padding ends every run within its row
    changes = np.flatnonzero(np.diff(padded)) + 1
    starts, ends = changes[::2], changes[1::2]  # in row order; the end is exclusive
    numbers = 1 + _join(len(starts), *_touching_pairs(starts, ends, mask.shape[1] + 2))
    labels = np.zeros(padded.size, np.int64)
    labels[starts] = numbers
    labels[ends] = -numbers
    return labels.cumsum().reshape(len(mask), -1)[:, 1:-1]


def _touching_pairs(starts: Indices, ends: Indices, width: int) -> tuple[Indices, Indices]:
    """Return each pair of runs of which the second is in the next row and touches the first, also diagonally."""
    first = np.searchsorted(ends, starts + width)
    after = np.searchsorted(starts, ends + width, side="right")
    counts = after - first
    above = np.repeat(np.arange(len(starts)), counts)
    return above, np.arange(len(above)) + np.repeat(first - (counts.cumsum() - counts), counts)


def _join(count: int, above: Indices, below: Indices) -> Indices:
    """Return, for each of `count` runs, the smallest run that pairs connect it to."""
    root = np.arange(count)
    while (root[above] != root[below]).any():
        roots = root[above], root[below]
        np.minimum.at(root, np.maximum(*roots), np.minimum(*roots))
        while (root != root[root]).any():
            root = root[root]
    return root
