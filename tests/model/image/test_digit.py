import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from model.image.digit import EMPTY, INVERTED, PALE, SEVERAL, SOUGHT, TINY, prepare

Grey = NDArray[np.uint8]


def seven(side: int, width: int, ink: int = 0, paper: int = 255) -> Grey:
    """Draw a seven that fills the middle half of the picture."""
    picture = Image.new("L", (side, side), paper)
    corners = [(side * x, side * y) for x, y in ((0.3, 0.25), (0.7, 0.25), (0.45, 0.75))]
    ImageDraw.Draw(picture).line(corners, ink, width, joint="curve")
    return np.asarray(picture)


def alike(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Return the correlation of two pictures."""
    return float(np.corrcoef(first.ravel(), second.ravel())[0, 1])


PLAIN = prepare(seven(140, 12))[0]


def of_mnist() -> Grey:
    """Return the seven in MNIST's form: light on black, 28 × 28."""
    return np.round(PLAIN * 255).astype(np.uint8)


def test_28_by_28_light_on_black_is_unchanged() -> None:
    shown, notes, alarms = prepare(of_mnist())
    assert shown.dtype == np.float32
    assert np.array_equal(shown, of_mnist() / np.float32(255))
    assert (notes, alarms) == ((), ())


def test_28_by_28_dark_on_white_is_inverted_with_a_note() -> None:
    shown, notes, alarms = prepare(255 - of_mnist())
    assert np.array_equal(shown, of_mnist() / np.float32(255))
    assert (notes, alarms) == ((INVERTED,), ())


def test_28_by_28_on_grey_paper_loses_the_paper() -> None:
    shown, notes, alarms = prepare((160 - of_mnist() * 0.5).astype(np.uint8))
    assert alike(shown, PLAIN) > 0.85
    assert shown[0].max() == 0
    assert (notes, alarms) == ((SOUGHT,), ())


def test_ink_is_scaled_to_20_pixels_and_centred_by_mass() -> None:
    shown = PLAIN
    rows, columns = (np.flatnonzero(shown.max(axis=axis) > 0.1) for axis in (1, 0))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    indices = np.arange(28)
    for axis in (0, 1):
        assert np.average(indices, weights=shown.sum(axis=1 - axis)) == pytest.approx(14, abs=0.5)
    assert shown.min() == 0
    assert shown.max() == 1


ALIKE = {
    "larger": seven(1120, 96),
    "light on black": seven(140, 12, 255, 0),
    "light on grey": seven(140, 12, 240, 120),
    "grey on grey": seven(140, 12, 90, 180),
    "at the edge": np.pad(seven(140, 12)[30:110, 36:104], ((0, 300), (200, 0)), constant_values=255),
    "cut out": seven(140, 12)[29:108, 36:103],
    "on a wide sheet": np.pad(seven(140, 12), ((0, 0), (300, 0)), constant_values=255),
}


@pytest.mark.parametrize("name", ALIKE)
def test_size_position_and_shades_do_not_matter(name: str) -> None:
    shown, notes, alarms = prepare(ALIKE[name])
    assert alike(shown, PLAIN) > 0.85
    assert (notes, alarms) == ((SOUGHT,), ())


def lit(picture: Grey) -> Grey:
    """Light the picture from the left, so that ink there is lighter than the paper on the right."""
    return (
        picture / 255 * np.linspace(255, 90, picture.shape[1]) * 0.6 + np.linspace(102, 30, picture.shape[1])
    ).astype(np.uint8)


def noisy(picture: Grey) -> Grey:
    random = np.random.default_rng(0)
    return np.clip(picture * 0.7 + 30 + random.normal(0, 12, picture.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("spoil", [lit, noisy])
def test_uneven_light_and_noise_are_removed(spoil: object) -> None:
    assert callable(spoil)
    shown, *_ = prepare(spoil(seven(140, 12)))
    assert alike(shown, PLAIN) > 0.85


def test_specks_are_removed() -> None:
    picture = seven(140, 12).copy()
    picture[4:9, 4:9] = picture[130:134, 60:66] = picture[70, 10:16] = 0
    assert alike(prepare(picture)[0], PLAIN) > 0.999


def test_separate_parts_of_a_digit_are_kept() -> None:
    picture = seven(140, 12).copy()
    picture[60:66] = 255
    rows = np.flatnonzero(prepare(picture)[0].max(axis=1) > 0.1)
    assert np.ptp(rows) + 1 == 20


def test_thin_strokes_are_widened_to_mnist_width() -> None:
    thin, plain = prepare(seven(280, 2))[0], prepare(seven(280, 24))[0]
    assert thin.sum() > 0.5 * plain.sum()
    assert alike(thin, plain) > 0.7


@pytest.mark.parametrize("shape", [(28, 28), (100, 80), (1, 1), (1, 300)])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_an_empty_picture_raises_an_alarm(shape: tuple[int, int], level: int) -> None:
    shown, _, alarms = prepare(np.full(shape, level, np.uint8))
    assert not shown.any()
    assert alarms == (EMPTY,)


def test_faint_and_small_digits_raise_alarms() -> None:
    assert prepare(seven(140, 12, 176, 200))[1:] == ((SOUGHT,), (PALE,))
    assert prepare(np.pad(seven(14, 2), 60, constant_values=255))[1:] == ((SOUGHT,), (TINY,))


def sheet(side: int, level: float, slope: float, noise: float) -> Grey:
    """Return bare paper that is lit from one side, with the noise of a camera."""
    down, right = np.indices((side, side)) / side - 0.5
    light = level + slope * (right + down / 2) - 30 * (down**2 + right**2)
    lit: Grey = np.clip(np.random.default_rng(0).normal(light, noise), 0, 255).astype(np.uint8)
    return lit


@pytest.mark.parametrize("side", [28, 100, 400])
def test_bare_paper_in_uneven_light_is_blank(side: int) -> None:
    for level in (60, 128, 235):
        for slope in (0, 30, 90):
            for noise in (0, 3, 6):
                assert prepare(sheet(side, level, slope, noise)).alarms == (EMPTY,), (level, slope, noise)


def test_figures_side_by_side_raise_an_alarm() -> None:
    two = np.concatenate([seven(140, 12)[:, 30:110], seven(140, 12)[:, 30:110]], axis=1)
    assert prepare(two).alarms == (SEVERAL,)
    assert prepare(seven(140, 12)).alarms == ()


def test_the_edge_of_a_shadow_is_neither_ink_nor_a_figure() -> None:
    shaded = seven(140, 12, 60, 200).copy()
    shaded[:, :14] = 140
    shown, _, alarms = prepare(shaded)
    assert alike(shown, PLAIN) > 0.85
    assert alarms == ()


def test_any_picture_becomes_28_by_28_between_0_and_1() -> None:
    random = np.random.default_rng(0)
    for _ in range(150):
        height, width = random.choice([1, 2, 3, 27, 28, 29, 90, 400], 2)
        levels = random.choice([2, 5, 256])
        picture = (random.integers(0, levels, (height, width)) * (255 // (levels - 1))).astype(np.uint8)
        shown, notes, alarms = prepare(picture)
        assert shown.shape == (28, 28)
        assert shown.dtype == np.float32
        assert 0 <= shown.min() <= shown.max() <= 1
        assert all(sentence.endswith(".") for sentence in notes)
        assert all(alarm.sentence.endswith(".") for alarm in alarms)
