"""How much of a difference is chance: a block bootstrap within one run, a permutation test over repeats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import ceil

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BLOCK_SECONDS = 5  # consecutive seconds are alike: resampling them one by one would make the interval too narrow
FEWEST_BLOCKS = 6
RESAMPLES = 1000
MOST_PERMUTATIONS = 20_000


def blocks(seconds: Sequence[Mapping[float, int]]) -> list[dict[float, int]]:
    """Return the latencies of blocks of BLOCK_SECONDS, or of less if there were fewer than FEWEST_BLOCKS of them."""
    size = max(1, min(BLOCK_SECONDS, len(seconds) // FEWEST_BLOCKS))
    found = []
    for start in range(0, len(seconds), size):
        block: dict[float, int] = {}
        for second in seconds[start : start + size]:
            for milliseconds, count in second.items():
                block[milliseconds] = block.get(milliseconds, 0) + count
        found.append(block)
    return found


def resampled_percentiles(
    latencies: Sequence[Mapping[float, int]], share: float, random: np.random.Generator
) -> Floats:
    """Return the percentile of RESAMPLES resamples of the blocks (nearest rank)."""
    values = np.array(sorted({value for block in latencies for value in block}))
    counts = np.array([[block.get(value, 0) for value in values] for block in latencies])
    chosen = random.multinomial(len(latencies), np.full(len(latencies), 1 / len(latencies)), RESAMPLES)
    seen = (chosen @ counts).cumsum(axis=1)
    ranks = np.ceil(share * seen[:, -1:])
    found: Floats = values[(seen >= np.maximum(ranks, 1)).argmax(axis=1)]
    return found


def bootstrap_interval(before: Floats, after: Floats, alpha: float) -> tuple[float, float]:
    """Return the interval of after / before - 1 from resamples of both."""
    low, high = np.quantile(after / before - 1, [alpha / 2, 1 - alpha / 2])
    return float(low), float(high)


def permutation_p(a: Floats, b: Floats) -> Floats:
    """Return the p of each measure: how often a random division of the runs makes a difference as large as this one.

    The largest difference of a division, in standard deviations, is what each measure is compared with, so that one
    of many measures does not differ by chance alone (Westfall and Young's max-T).

    Args:
        a: A row for each run and a column for each measure.
        b: The same of the other side.
    """
    runs = np.vstack([a, b])
    count = len(a)
    spread = np.sqrt((a.var(axis=0) * len(a) + b.var(axis=0) * len(b)) / len(runs))
    spread = np.where(spread > 0, spread, np.finfo(float).eps)
    observed = np.abs(b.mean(axis=0) - a.mean(axis=0)) / spread
    largest = np.array([_largest(runs, list(chosen)) for chosen in _divisions(len(runs), count)])
    found: Floats = (largest[:, None] >= observed * (1 - 1e-9)).mean(axis=0)
    return found


def _largest(runs: Floats, chosen: list[int]) -> float:
    one, other = runs[chosen], np.delete(runs, chosen, axis=0)
    spread = np.sqrt((one.var(axis=0) * len(one) + other.var(axis=0) * len(other)) / len(runs))
    differs = np.abs(other.mean(axis=0) - one.mean(axis=0))
    return float((differs / np.where(spread > 0, spread, np.finfo(float).eps)).max())


def _divisions(runs: int, count: int) -> list[tuple[int, ...]]:
    """Return every division of the runs, or evenly chosen ones if there are too many."""
    every = list(combinations(range(runs), count))
    return every[:: ceil(len(every) / MOST_PERMUTATIONS)]
