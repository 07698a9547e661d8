import numpy as np
import pytest

from model.train.brain_mri.drawn import as_ct, with_lesion

SIDE = 128


def head(grey: int = 120) -> np.ndarray:
    """Return a disc with a darker middle on black."""
    rows, columns = np.mgrid[0:SIDE, 0:SIDE] - SIDE / 2
    distance = np.hypot(rows, columns)
    picture = np.where(distance < 50, grey, 0)
    return np.where(distance < 10, grey // 2, picture).astype(np.uint8)


@pytest.mark.parametrize("seed", range(8))
def test_a_lesion_changes_a_part_of_the_scan_and_nothing_else(seed: int) -> None:
    scan = head()
    drawn = with_lesion(scan, np.random.default_rng(seed))
    changed = np.abs(drawn.astype(int) - scan) > 20
    assert drawn.dtype == np.uint8
    assert 0.003 < changed.mean() < 0.35
    assert not changed[:4].any()
    assert not changed[-4:].any()


@pytest.mark.parametrize("seed", range(8))
def test_ct_has_a_white_skull_around_a_brain_of_little_contrast(seed: int) -> None:
    made = as_ct(head(), np.random.default_rng(seed))
    assert made.dtype == np.uint8
    assert made.shape == (SIDE, SIDE)
    assert made.max() > 180
    assert np.mean(made > 180) > 0.01


def test_the_same_seed_draws_the_same() -> None:
    for draw in (with_lesion, as_ct):
        first, second = (draw(head(), np.random.default_rng(3)) for _ in range(2))
        assert np.array_equal(first, second)


def test_an_empty_picture_is_drawn_on_without_a_warning() -> None:
    for draw in (with_lesion, as_ct):
        draw(np.zeros((SIDE, SIDE), np.uint8), np.random.default_rng(0))
