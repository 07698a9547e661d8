import numpy as np
import pytest

from model.train.digits import drawings
from model.train.digits.glyphs import DIGITS, LETTERS
from model.train.digits.strokes import SIDE, UNUSUAL, drawn, points_of

LOOK_LIKE_DIGITS = set("OIlZSBbgq")
STEP = 200


def test_no_letter_that_looks_like_a_digit_counts_as_something_else() -> None:
    assert not LOOK_LIKE_DIGITS & set(LETTERS)
    assert set(DIGITS) == set(range(10))


@pytest.mark.parametrize("name", UNUSUAL)
def test_a_drawing_has_ink_on_paper_and_no_two_are_the_same(name: str) -> None:
    value, form = UNUSUAL[name]
    random = np.random.default_rng(0)
    first, second = (drawn(form(random), random) for _ in range(2))
    assert first.shape == (SIDE, SIDE)
    assert (first.min(), first.max()) == (0, 255)
    assert 0.005 < (first < 128).mean() < 0.4
    assert (first != second).any()
    assert 0 <= value <= 9


def test_a_doubled_point_is_a_corner() -> None:
    random = np.random.default_rng(0)
    assert [len(stroke) for stroke in points_of(("00 50 50 59", "09 99"))] == [4, 2]
    assert drawn(points_of(("00 50 50 59",)), random).min() == 0


def test_drawn_digits_are_in_mnists_form_and_reproducible() -> None:
    first, second = (drawings.digits(np.random.default_rng(0), STEP) for _ in range(2))
    pictures, classes = first
    assert np.array_equal(pictures, second[0])
    assert np.array_equal(classes, second[1])
    assert pictures.shape[1:] == (28, 28)
    assert set(classes) == set(range(10))


def test_other_pictures_are_of_every_kind() -> None:
    examples = drawings.digits(np.random.default_rng(0), STEP)[0]
    others = drawings.others(examples, np.random.default_rng(0), STEP)
    assert len(others) == 2 * len(LETTERS) + sum(-(-count // STEP) for count in drawings.OTHERS.values())
    assert (others.max(axis=(1, 2)) > 0).mean() > 0.9


def test_several_digits_are_wider_than_one() -> None:
    examples = drawings.digits(np.random.default_rng(0), STEP)[0]
    columns = np.flatnonzero(drawings.several(examples, np.random.default_rng(0)).min(axis=0) < 128)
    assert np.ptp(columns) > 40
