import numpy as np
import pytest
from numpy.typing import NDArray

from model.image import scan

Grey = NDArray[np.uint8]


def head(height: int, width: int) -> Grey:
    """Draw an ellipse, brighter towards the right, that touches all four edges."""
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return np.where(rows**2 + columns**2 <= 1, 150 + 50 * columns, 0).astype(np.uint8)


def with_margin(picture: Grey, margin: tuple[int, int, int, int], shade: int = 0) -> Grey:
    """Add a margin of top, bottom, left and right pixels."""
    top, bottom, left, right = margin
    return np.pad(picture, ((top, bottom), (left, right)), constant_values=shade)


def test_a_scan_fills_the_square_and_the_range() -> None:
    square, notes, alarms = scan.prepare(head(256, 256))
    assert square.shape == (scan.SIDE, scan.SIDE)
    assert square.dtype == np.float32
    assert (square.min(), square.max()) == (0.0, 1.0)
    assert (notes, alarms) == ((), ())


@pytest.mark.parametrize("margin", [(40, 40, 40, 40), (0, 90, 10, 0), (200, 0, 0, 130)])
@pytest.mark.parametrize("shade", [0, 9])
def test_a_dark_margin_makes_little_difference(margin: tuple[int, int, int, int], shade: int) -> None:
    tight, *_ = scan.prepare(head(240, 240))
    wide, *_ = scan.prepare(with_margin(head(240, 240), margin, shade))
    assert np.abs(tight - wide).mean() < 0.05


def test_the_aspect_ratio_is_kept_and_the_head_centred() -> None:
    square, *_ = scan.prepare(head(200, 100))
    lit = np.flatnonzero(square.max(axis=0) > 0.1)
    assert abs(len(lit) - scan.SIDE / 2) <= 3
    assert abs(lit.mean() - (scan.SIDE - 1) / 2) <= 1


def test_a_speck_in_the_margin_is_ignored() -> None:
    clean = with_margin(head(200, 200), (60, 60, 60, 60))
    specked = clean.copy()
    specked[3:5, 3:5] = 255
    assert np.abs(scan.prepare(clean)[0] - scan.prepare(specked)[0]).mean() < 0.02


def test_noise_in_the_margin_is_ignored() -> None:
    clean = with_margin(head(200, 200), (60, 60, 60, 60))
    noise = np.random.default_rng(0).integers(0, 12, clean.shape, np.uint8)
    assert np.abs(scan.prepare(clean)[0] - scan.prepare(np.maximum(clean, noise))[0]).mean() < 0.05


@pytest.mark.parametrize("side", [192, 700, 1500])
def test_resolution_makes_little_difference(side: int) -> None:
    assert np.abs(scan.prepare(head(256, 256))[0] - scan.prepare(head(side, side))[0]).mean() < 0.02


def test_brightness_and_contrast_make_little_difference() -> None:
    picture = head(256, 256)
    dark = (picture * 0.3 + 10).astype(np.uint8)
    assert np.abs(scan.prepare(picture)[0] - scan.prepare(dark)[0]).mean() < 0.02


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (np.zeros((200, 200), np.uint8), "nearly nothing"),
        (np.full((200, 200), 255, np.uint8), "nearly nothing"),
        (np.random.default_rng(0).integers(100, 110, (200, 200), np.uint8), "nearly nothing"),
        (with_margin(head(30, 40), (80, 80, 80, 80)), "very small"),
        (head(300, 60), "very narrow"),
        (head(60, 300), "very narrow"),
    ],
)
def test_unusual_scans_raise_an_alarm(picture: Grey, words: str) -> None:
    square, _, alarms = scan.prepare(picture)
    assert square.shape == (scan.SIDE, scan.SIDE)
    assert [words in alarm.sentence for alarm in alarms] == [True]


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (2, 2), (3000, 4)])
def test_any_shape_becomes_a_square_of_finite_numbers(shape: tuple[int, int]) -> None:
    square, _, alarms = scan.prepare(np.random.default_rng(0).integers(0, 255, shape, np.uint8))
    assert square.shape == (scan.SIDE, scan.SIDE)
    assert np.isfinite(square).all()
    assert alarms
