import numpy as np
import pytest

from loadtest.compare.statistics import FEWEST_BLOCKS, blocks, bootstrap_interval, permutation_p, resampled_percentiles


@pytest.mark.parametrize(("seconds", "count"), [(60, 12), (61, 13), (30, 6), (12, 6), (6, 6), (3, 3)])
def test_blocks_are_five_seconds_or_less_where_there_would_be_few(seconds: int, count: int) -> None:
    found = blocks([{2.0: 1}] * seconds)
    assert len(found) == count
    assert sum(block[2.0] for block in found) == seconds
    assert FEWEST_BLOCKS == 6


def test_resampled_percentile_of_equal_blocks_is_that_of_the_whole() -> None:
    block = {float(ms): 1 for ms in range(1, 101)}
    assert set(resampled_percentiles([block] * 6, 0.99, np.random.default_rng(0))) == {99}
    assert set(resampled_percentiles([block] * 6, 0.5, np.random.default_rng(0))) == {50}


def test_interval_covers_the_truth_as_often_as_it_says() -> None:
    """Of 200 pairs of runs whose blocks vary by 20 %, 95 % of the intervals hold no difference."""
    random = np.random.default_rng(1)
    held = 0
    for _ in range(200):
        sides = []
        for _ in range(2):
            parts = [{round(10 * random.lognormal(0, 0.2), 2): 100} for _ in range(24)]
            sides.append(resampled_percentiles(parts, 0.5, random))
        low, high = bootstrap_interval(sides[0], sides[1], 0.05)
        held += low <= 0 <= high
    assert held >= 0.9 * 200


def test_permutation_finds_a_difference_in_one_of_two_measures() -> None:
    a = np.array([[1.0, 1.0], [2, 2], [3, 3], [4, 4]])
    b = np.array([[4.5, 21.0], [1.5, 22], [2.5, 23], [3.5, 24]])
    same, other = permutation_p(a, b)
    assert same > 0.2
    assert other == pytest.approx(2 / 70)


def test_permutation_of_equal_runs_finds_nothing() -> None:
    ones = np.ones((4, 3))
    assert list(permutation_p(ones, ones)) == [1, 1, 1]
