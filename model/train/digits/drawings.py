"""Drawn training examples: digits as MNIST has few or none of, and pictures that show no digit, or more than one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from model.image import digit
from model.train.digits.glyphs import DIGITS, LETTERS
from model.train.digits.strokes import SIDE, UNUSUAL, Grey, Random, drawn, points_of
from model.train.digits.variants import FORMS

WHITE = 255
PLAIN = 250  # drawings of each digit in its usual forms, so that the style of a drawing says nothing about its class
PRINTED = 60  # of each digit and letter
SHARE = {"one_with_upstroke": 1600, "crossed_seven": 700, "open_four": 700, "slashed_zero": 700}
LETTER = 110  # drawings of each letter
OTHERS = {"several": 2500, "scribble": 700, "shape": 1200, "blob": 1000}
VARIED = 8000  # digits of MNIST in other forms
MOST = 3  # digits side by side in an example of several

Pictures = NDArray[np.uint8]
Classes = NDArray[np.int64]


def varied(images: Pictures, random: Random, step: int = 1) -> tuple[Pictures, Classes]:
    """Return some of the digits [n, 28, 28] as photographs and in other forms, and their indices."""
    chosen = random.permutation(len(images))[: _count(VARIED, step)]
    forms = list(FORMS.values())
    made = [forms[place % len(forms)](images[index], random) for place, index in enumerate(chosen)]
    return _prepared(made), chosen


def digits(random: Random, step: int = 1) -> tuple[Pictures, Classes]:
    """Return drawn digits in MNIST's form and their classes; a quick run draws one in `step`."""
    made: list[tuple[Grey, int]] = []
    for name, (value, form) in UNUSUAL.items():
        made += [(drawn(form(random), random), value) for _ in range(_count(SHARE[name], step))]
    for value, glyphs in DIGITS.items():
        made += [(drawn(points_of(_any(glyphs, random)), random), value) for _ in range(_count(PLAIN, step))]
        made += [(printed(str(value), random), value) for _ in range(_count(PRINTED, step))]
    return _prepared([picture for picture, _ in made]), np.array([value for _, value in made])


def others(examples: Pictures, random: Random, step: int = 1) -> Pictures:
    """Return pictures without a digit, or with several of these digits [n, 28, 28], in MNIST's form."""
    made: list[Grey] = []
    for letter, glyphs in LETTERS.items():
        made += [drawn(points_of(_any(glyphs, random)), random) for _ in range(_count(LETTER, step))]
        made += [printed(letter, random) for _ in range(_count(PRINTED, step))]
    made += [several(examples, random) for _ in range(_count(OTHERS["several"], step))]
    for name, draw in NEITHER.items():
        made += [draw(random) for _ in range(_count(OTHERS[name], step))]
    return _prepared(made)


def unusual(random: Random, count: int) -> dict[str, tuple[list[Grey], Classes]]:
    """Return so many drawings of each form that MNIST has few or none of, dark on light, and their classes."""
    return {
        name: ([drawn(form(random), random) for _ in range(count)], np.full(count, value))
        for name, (value, form) in UNUSUAL.items()
    }


def letters(random: Random, count: int) -> list[Grey]:
    """Return drawings of letters that do not look like a digit."""
    glyphs = [glyph for forms in LETTERS.values() for glyph in forms]
    return [drawn(points_of(glyphs[place % len(glyphs)]), random) for place in range(count)]


def printed(character: str, random: Random) -> Grey:
    """Return a character in Pillow's font, stretched, turned and sheared."""
    sheet = Image.new("L", (SIDE, SIDE), WHITE)
    bold = int(random.integers(0, 3))
    font = ImageFont.load_default(72)
    ImageDraw.Draw(sheet).text((SIDE / 2, SIDE / 2), character, 0, font, anchor="mm", stroke_width=bold)
    across, down = random.uniform(0.9, 1.5), random.uniform(0.9, 1.3)
    turn, shear = random.normal(0, 0.08, 2)
    middle = SIDE / 2
    terms = (across, shear, middle * (1 - across - shear), turn, down, middle * (1 - turn - down))
    return np.asarray(sheet.transform((SIDE, SIDE), Image.Transform.AFFINE, terms, 2, fillcolor=WHITE))


def several(examples: Pictures, random: Random) -> Grey:
    """Return two or three digits side by side, apart or touching."""
    chosen = [_trimmed(examples[int(random.integers(len(examples)))]) for _ in range(int(random.integers(2, MOST + 1)))]
    gap = int(random.integers(-2, 6))
    sheet = np.zeros((SIDE // 2, sum(one.shape[1] + gap for one in chosen) + SIDE // 4), np.uint8)
    left = SIDE // 8
    for one in chosen:
        top = int(random.integers(10, 20))
        place = sheet[top : top + one.shape[0], left : left + one.shape[1]]
        np.maximum(place, one, out=place)
        left += max(4, one.shape[1] + gap)
    doubled = Image.fromarray(sheet).resize((2 * sheet.shape[1], 2 * sheet.shape[0]), Image.Resampling.BICUBIC)
    return WHITE - np.asarray(doubled)


def scribble(random: Random) -> Grey:
    return drawn([random.random((int(random.integers(3, 8)), 2)) for _ in range(int(random.integers(2, 5)))], random)


def shape(random: Random) -> Grey:
    """Return a filled or outlined polygon, a disc or a few bars."""
    sheet = Image.new("L", (SIDE, SIDE), WHITE)
    pen = ImageDraw.Draw(sheet)
    corners = [*map(tuple, random.uniform(15, SIDE - 15, (int(random.integers(3, 8)), 2)))]
    width = int(random.integers(2, 10))
    match int(random.integers(4)):
        case 0:
            pen.polygon(corners, 0)
        case 1:
            pen.polygon(corners, None, 0, width)
        case 2:
            (left, right), (top, bottom) = (np.sort(random.uniform(10, SIDE - 10, 2)) for _ in range(2))
            (pen.ellipse if random.random() < 1 / 2 else pen.rectangle)((left - 6, top - 6, right + 6, bottom + 6), 0)
        case _:
            for y in np.arange(20, SIDE - 20, 3 * width)[: int(random.integers(1, 6))]:
                pen.line((random.uniform(5, 50), y, random.uniform(60, SIDE - 5), y), 0, width)
    return np.asarray(sheet.rotate(random.normal(0, 8), fillcolor=WHITE))


def blob(random: Random) -> Grey:
    """Return ragged spots of two or more shades."""
    noise = Image.fromarray(random.integers(0, 256, (SIDE, SIDE), np.uint8)).filter(
        ImageFilter.GaussianBlur(random.uniform(6, 16))
    )
    levels = np.asarray(noise, np.float64)
    levels = (levels - levels.mean()) / max(levels.std(), 1e-6)
    cut = np.clip((levels - random.uniform(0.2, 1.4)) * random.uniform(0.7, 6), 0, 1)
    spots: Grey = (WHITE * (1 - cut * random.uniform(0.5, 1))).astype(np.uint8)
    return spots


NEITHER: Mapping[str, Callable[[Random], Grey]] = {"scribble": scribble, "shape": shape, "blob": blob}


def _prepared(pictures: list[Grey]) -> Pictures:
    return np.stack([np.rint(digit.prepare(picture).input * WHITE).astype(np.uint8) for picture in pictures])


def _trimmed(image: Grey) -> Grey:
    rows, columns = (np.flatnonzero(image.max(axis=axis)) for axis in (1, 0))
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _any(glyphs: tuple[tuple[str, ...], ...], random: Random) -> tuple[str, ...]:
    return glyphs[int(random.integers(len(glyphs)))]


def _count(count: int, step: int) -> int:
    return -(-count // step)
