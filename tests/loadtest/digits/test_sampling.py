import numpy as np
import pytest
from scipy.stats import binom, binomtest  # type: ignore[import-untyped]

from loadtest.digits.sampling import distance, distance_by_chance, interval


@pytest.mark.parametrize(("right", "count"), [(497, 500), (500, 500), (0, 10), (7, 10), (1, 1)])
def test_the_interval_is_wilsons(right: int, count: int) -> None:
    expected = binomtest(right, count).proportion_ci(0.95, method="wilson")
    assert interval(right, count) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_a_distance_is_the_share_that_would_have_to_be_of_another_class() -> None:
    even, uneven = np.array([0.5, 0.5, 0.0]), np.array([0.5, 0.25, 0.25])
    assert distance(even, even) == 0
    assert distance(even, uneven) == distance(uneven, even) == 0.25
    assert distance(np.array([1.0, 0.0]), np.array([0.0, 1.0])) == 1


@pytest.mark.parametrize("count", [25, 100, 400])
def test_chance_differs_as_a_coin_does(count: int) -> None:
    expected = abs(binom.ppf(0.975, count, 0.5) / count - 0.5)
    assert distance_by_chance(np.array([0.5, 0.5]), count) == pytest.approx(expected, abs=1.5 / count)
