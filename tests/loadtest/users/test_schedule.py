import statistics

import pytest

from loadtest.users.schedule import gap, interval


def test_constant_arrivals_are_evenly_spaced() -> None:
    assert {interval("constant", 5) for _ in range(10)} == {0.2}


def test_poisson_arrivals_have_the_rate_and_the_spread_of_independent_callers() -> None:
    found = [interval("poisson", 5) for _ in range(20_000)]
    assert statistics.mean(found) == pytest.approx(0.2, rel=0.05)
    assert statistics.stdev(found) == pytest.approx(0.2, rel=0.05)


def test_gaps_are_1_on_average() -> None:
    assert gap("constant") == 1
    assert statistics.mean(gap("poisson") for _ in range(20_000)) == pytest.approx(1, rel=0.05)
