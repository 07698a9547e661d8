"""More test pictures for the digits model: the same digits in other forms, and pictures without a digit."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

from model.image.paper import repeated
from model.train.picture.evaluate import photographs

EACH = 200  # pictures without a digit, of each kind
LETTERS = "ACEFGHKMNPRTWX"  # those that do not look like a digit
WHITE = 255
LARGE = 280  # pixels
BRUSH = 7  # pixels of a large picture by which strokes get thicker or thinner on each side

Grey = NDArray[np.uint8]
Random = np.random.Generator
Vary = Callable[[Grey, Random], Grey]


def variants(digits: Grey) -> dict[str, list[Grey]]:
    """Return the digits [n, 28, 28], white on black, in other forms."""
    random = np.random.default_rng(0)
    return {name: [vary(digit, random) for digit in digits] for name, vary in FORMS.items()}


def printed() -> tuple[list[Grey], NDArray[np.int64]]:
    """Return printed digits in several sizes, and their labels."""
    drawn = [(_letter(str(digit), size), digit) for digit in range(10) for size in range(24, 104, 8)]
    return [picture for picture, _ in drawn], np.array([digit for _, digit in drawn])


def without_digit(scans: list[Grey]) -> dict[str, list[Grey]]:
    """Return pictures without a digit by kind; the brain scans are one kind."""
    random = np.random.default_rng(0)
    return {
        "letters": [_letter(letter, size) for letter in LETTERS for size in range(24, 104, 8)],
        "noise": [random.integers(0, 256, (28, 28), np.uint8) for _ in range(EACH)],
        "photographs": photographs(random, EACH, LARGE),
        "brain_scans": scans,
        "blank": [np.full((side, side), level, np.uint8) for side in (28, 100) for level in (0, WHITE)],
    }


def _large(digit: Grey, side: int = LARGE) -> Image.Image:
    return Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)


def _brushed(digit: Grey, step: ImageFilter.RankFilter) -> Grey:
    brushed: Grey = np.asarray(ImageOps.invert(repeated(_large(digit), step, BRUSH)))
    return brushed


def _tight(digit: Grey) -> Grey:
    rows, columns = (np.flatnonzero(digit.max(axis=axis) > WHITE // 4) for axis in (1, 0))
    cut = Image.fromarray(digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    return np.asarray(ImageOps.invert(cut.resize((cut.width * 8, cut.height * 8), Image.Resampling.BICUBIC)))


def _small_on_a_sheet(digit: Grey, random: Random) -> Grey:
    return _photographed(digit, random, sheet=(400, 400), side=60, noise=4)


def _faint(digit: Grey, random: Random) -> Grey:
    return np.clip(200 - 0.12 * np.asarray(_large(digit, 100)) + random.normal(0, 3, (100, 100)), 0, 255).astype(
        np.uint8
    )


def _photograph(digit: Grey, random: Random) -> Grey:
    return _photographed(digit, random, sheet=(80, 100), side=60, noise=8)


def _photographed(digit: Grey, random: Random, sheet: tuple[int, int], side: int, noise: float) -> Grey:
    """Draw ink on paper that is lit from one side and darker towards its corners, with the noise of a camera."""
    top, left = (int(random.integers(2, length - side - 2)) for length in sheet)
    ink = np.zeros(sheet)
    ink[top : top + side, left : left + side] = np.asarray(_large(digit, side)) / WHITE
    down, right = (axis / length - 0.5 for axis, length in zip(np.indices(sheet), sheet, strict=True))
    slant = random.normal(0, 40, 2)
    light: NDArray[np.float64] = 190 + slant[0] * down + slant[1] * right - 60 * (down**2 + right**2)
    return np.clip(light * (1 - 0.65 * ink) + random.normal(0, noise, sheet), 0, 255).astype(np.uint8)


def _in_shadow(digit: Grey, random: Random) -> Grey:
    """Draw a photograph with the edge of a shadow across it."""
    photograph = _photograph(digit, random)
    down, right = np.indices(photograph.shape)
    within: NDArray[np.float64] = 1 / (1 + np.exp((random.integers(30, 90) - right - 0.3 * down) / 4))
    return (photograph * (1 - 0.3 * within)).astype(np.uint8)


def _letter(letter: str, size: int) -> Grey:
    page = Image.new("L", (112, 112), WHITE)
    ImageDraw.Draw(page).text((56, 56), letter, "black", ImageFont.load_default(size), anchor="mm")
    return np.asarray(page)


FORMS: Mapping[str, Vary] = {
    "as_they_are": lambda digit, _: digit,
    "black_on_white": lambda digit, _: WHITE - digit,
    "enlarged": lambda digit, _: WHITE - np.asarray(_large(digit)),
    "off_centre": lambda digit, _: np.pad(WHITE - digit, ((0, 40), (50, 0)), constant_values=WHITE),
    "cut_out_tightly": lambda digit, _: _tight(digit),
    "thin": lambda digit, _: _brushed(digit, ImageFilter.MinFilter(3)),
    "thick": lambda digit, _: _brushed(digit, ImageFilter.MaxFilter(3)),
    "faint": _faint,
    "small_on_a_sheet": _small_on_a_sheet,
    "photograph": _photograph,
    "photograph_in_shadow": _in_shadow,
}
