"""What a sample says of the whole it was drawn from: an interval, and whether chance explains a difference. Pure."""

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Shares = NDArray[np.float64]
"""Of each class, adding up to 1."""

CONFIDENCE = 0.95
DRAWS = 2_000


def interval(right: int, count: int) -> tuple[float, float]:
    """Wilson's score interval of a proportion: where the true one lies with 95 % confidence."""
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    share, weight = right / count, z * z / count
    middle = share + weight / 2
    margin = math.sqrt(weight * (share * (1 - share) + weight / 4))
    return max(0.0, (middle - margin) / (1 + weight)), min(1.0, (middle + margin) / (1 + weight))


def distance(one: Shares, other: Shares) -> float:
    """Total variation distance: the share of one that would have to be of another class to be as the other is."""
    return float(np.abs(one - other).sum() / 2)


def distance_by_chance(whole: Shares, count: int) -> float:
    """The distance that 95 of 100 samples of `count`, drawn from `whole` at random, do not exceed."""
    samples = np.random.default_rng(0).multinomial(count, whole, DRAWS) / count
    return float(np.quantile(np.abs(samples - whole).sum(axis=1) / 2, CONFIDENCE))
