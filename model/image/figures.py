"""Count the figures in a drawing: parts of the ink that stand side by side and are about equally tall.

The parts of one digit whose strokes are broken lie above one another, as the bar and the bowl of a 5 do, are much
smaller than the rest, or are only a hair apart.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TALL = 0.55  # share of the tallest part's height; a shorter part is no figure of its own
LARGE = 0.15  # share of the largest part's ink
OVERLAP = 0.25  # share of the narrower part's width that lies above or below the other: then both are one figure
MOST = 50  # parts, more than the dots of a dot-matrix digit; each of more is counted as a figure, unseen
APART = 0.05  # share of the tallest part's height; parts that are nearer side by side are one figure

Boxes = NDArray[np.int64]


def count_figures(components: NDArray[np.int64]) -> int:
    """Return how many figures the components of a drawing form; they have numbers from 1, and 0 is background."""
    parts = int(np.count_nonzero(np.bincount(components.ravel())[1:]))
    if parts > MOST:  # thousands of dots would take 10 ms
        return parts
    boxes, sizes = _boxes(components)
    tallest = (boxes[:, 1] - boxes[:, 0] + 1).max(initial=0)
    figures: list[tuple[Boxes, int]] = []
    for index in np.argsort(boxes[:, 2], kind="stable"):
        box, size = boxes[index], int(sizes[index])
        if figures and _belongs(figures[-1][0], box, tallest):
            last, ink = figures.pop()
            box = np.array([min(last[0], box[0]), max(last[1], box[1]), last[2], max(last[3], box[3])])
            size += ink
        figures.append((box, size))
    heights = np.array([box[1] - box[0] + 1 for box, _ in figures])
    inks = np.array([size for _, size in figures])
    return int(np.count_nonzero((heights >= TALL * heights.max()) & (inks >= LARGE * inks.max()))) if figures else 0


def _boxes(components: NDArray[np.int64]) -> tuple[Boxes, NDArray[np.int64]]:
    """Return top, bottom, left and right of each component, [n, 4], and their pixels, [n]."""
    rows, columns = np.nonzero(components)
    _, place, sizes = np.unique(components[rows, columns], return_inverse=True, return_counts=True)
    top, left = (np.full(len(sizes), side) for side in components.shape)
    bottom, right = (np.full(len(sizes), -1) for _ in components.shape)
    for low, high, places in ((top, bottom, rows), (left, right, columns)):
        np.minimum.at(low, place, places)
        np.maximum.at(high, place, places)
    return np.stack([top, bottom, left, right], axis=1), sizes


def _belongs(figure: Boxes, part: Boxes, tallest: int) -> bool:
    """Tell whether a part that starts no further left belongs to the figure."""
    gap = part[2] - figure[3] - 1
    narrower = min(figure[3] - figure[2], part[3] - part[2]) + 1
    return bool(-gap >= OVERLAP * narrower or -narrower < gap < APART * tallest)
