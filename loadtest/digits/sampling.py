"""What a sample says about the population it was drawn from."""

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Shares = NDArray[np.float64]  # of each class, adding up to 1
CONFIDENCE = 0.95
DRAWS = 2_000


def wilson_interval(correct: int, count: int) -> tuple[float, float]:
    """Return Wilson's score interval of a proportion: the true one lies in it with 95 % confidence."""
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    share, weight = correct / count, z * z / count
    middle = share + weight / 2
    margin = math.sqrt(weight * (share * (1 - share) + weight / 4))
    return max(0.0, (middle - margin) / (1 + weight)), min(1.0, (middle + margin) / (1 + weight))


def total_variation(one: Shares, other: Shares) -> float:
    """Return the total variation distance: the share that would have to change class to make them equal."""
    return float(np.abs(one - other).sum() / 2)


def total_variation_by_chance(population: Shares, count: int) -> float:
    """Return the distance that 95 of 100 random samples of `count` from `population` do not exceed."""
    samples = np.random.default_rng(0).multinomial(count, population, DRAWS) / count
    return float(np.quantile(np.abs(samples - population).sum(axis=1) / 2, CONFIDENCE))
