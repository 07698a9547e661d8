import numpy as np
import pytest
from scipy.stats import binom, binomtest  # type: ignore[import-untyped]

from loadtest.digits.sampling import total_variation, total_variation_by_chance, wilson_interval


@pytest.mark.parametrize(("right", "count"), [(497, 500), (500, 500), (0, 10), (7, 10), (1, 1)])
def test_interval_is_wilsons(right: int, count: int) -> None:
    expected = binomtest(right, count).proportion_ci(0.95, method="wilson")
    assert wilson_interval(right, count) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_distance_is_the_share_that_would_have_to_change_class() -> None:
    even, uneven = np.array([0.5, 0.5, 0.0]), np.array([0.5, 0.25, 0.25])
    assert total_variation(even, even) == 0
    assert total_variation(even, uneven) == total_variation(uneven, even) == 0.25
    assert total_variation(np.array([1.0, 0.0]), np.array([0.0, 1.0])) == 1


@pytest.mark.parametrize("count", [25, 100, 400])
def test_distance_by_chance_agrees_with_the_binomial_distribution(count: int) -> None:
    expected = abs(binom.ppf(0.975, count, 0.5) / count - 0.5)
    assert total_variation_by_chance(np.array([0.5, 0.5]), count) == pytest.approx(expected, abs=1.5 / count)
