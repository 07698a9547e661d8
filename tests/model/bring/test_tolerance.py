"""Differences count relative to the answer, except for answers near zero, which single precision cannot compute so."""

import numpy as np
import pytest

from model.bring.tolerance import FLOOR, TOLERANCE, relative_gaps, spread


def within(own: float, served: float, scale: float) -> bool:
    return bool(relative_gaps(np.array([own]), np.array([served]), scale)[0] <= TOLERANCE)


@pytest.mark.parametrize(("own", "served", "close"), [(0.5, 0.500004, True), (0.5, 0.500006, False)])
def test_a_probability_is_held_to_a_share_of_itself(own: float, served: float, *, close: bool) -> None:
    assert within(own, served, 1.0) == close


def test_one_minus_a_probability_in_single_precision_is_close() -> None:
    likely = np.linspace(0.5, 1, 100_001)
    served = np.float32(1) - likely.astype(np.float32)
    assert relative_gaps(1 - likely, served, 1.0).max() <= TOLERANCE
    assert not within(0.001, 0.0010002, 1.0)


def test_a_number_near_zero_is_held_to_a_share_of_the_spread() -> None:
    assert within(0.0, 0.9 * TOLERANCE * FLOOR * 50, 50.0)
    assert not within(0.0, 1.1 * TOLERANCE * FLOOR * 50, 50.0)
    assert not within(1e6, 1e6 + 11, 50.0)


def test_sums_in_single_precision_are_held_to_a_share_of_the_spread() -> None:
    terms = np.random.default_rng(0).normal(0, 50, (2_000, 40))
    single = np.add.reduce(terms.astype(np.float32), axis=1, dtype=np.float32)
    exact = terms.astype(np.float32).sum(axis=1, dtype=np.float64)
    assert spread(exact) == pytest.approx(exact.std())
    assert relative_gaps(single, exact, exact.std()).max() > TOLERANCE, "a few of the sums are small"
    assert relative_gaps(single, exact, spread(single)).max() <= TOLERANCE


def test_without_a_spread_the_difference_counts_as_it_is() -> None:
    assert within(0.0, 0.9e-5, 0.0)
    assert not within(0.0, 1.1e-5, 0.0)
    assert not within(0.0, float("nan"), 0.0)
