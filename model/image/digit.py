"""A picture of a digit → 28 × 28, white on black, in the middle: the form of the MNIST pictures.

What has that size and a black border goes through as it is, and with a white border inverted. In any other picture
the ink is found, whatever its colour and the light, without specks. As in MNIST it is fitted into 20 × 20, and its
centre of mass becomes the middle.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from model.image import paper
from model.image.components import label

SIDE = 28
BOX = 20  # of the ink, its longer side
WHITE = 255
DARK, LIGHT = 48, WHITE - 48  # the mean border of a picture that is black, or white, around its digit
MIDDLE = 14  # pixels from the first: the mean centre of mass of the MNIST pictures
WORKING = 160  # pixels of the longer side, in which the ink is looked for

NOTHING = 14  # grey levels between ink and paper; less is the noise of a camera
FAINT = 50
INK = 0.25  # of the levels of the darkest ink: less is paper
LEAST = 0.002  # share of the picture that is ink
BLUR = 0.7  # pixels; against the noise of a camera
SMALL = 20  # pixels of the picture as it came
SPECK = 0.1  # share of the largest part; what is smaller is no part of the digit
THIN = 2.2  # pixels of the 28 × 28, as wide as MNIST's thinner strokes; what is thinner is drawn so

SOUGHT = (
    "The picture is not 28 × 28, light on black; the digit in it was looked for and brought to that form, "
    "which may cost accuracy."
)
EMPTY = "Nothing seems to be drawn in the picture."
PALE = "The digit is very faint; a darker pen or more light would help."
TINY = "The digit is very small; a picture of it from nearer would help."
INVERTED = "The picture is dark on light; it was inverted, as the model knows light on dark."

Grey = NDArray[np.uint8]
Ink = NDArray[np.float32]


def prepare(grey: Grey) -> tuple[Ink, tuple[str, ...]]:
    """[height, width] → [28, 28] in 0–1, and what the caller should know."""
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]]).mean()
    if grey.shape == (SIDE, SIDE) and not DARK < border < LIGHT:
        return _as_it_is(grey, light=bool(border >= LIGHT))
    height, width = grey.shape
    scale = min(1.0, WORKING / max(width, height))
    small = Image.fromarray(grey).resize(
        (max(1, round(width * scale)), max(1, round(height * scale))), Image.Resampling.BOX
    )
    ink, contrast = _ink(small)
    if contrast < NOTHING:
        return np.zeros((SIDE, SIDE), np.float32), (SOUGHT, EMPTY)
    rows, columns = (np.flatnonzero(ink.max(axis=axis)) for axis in (1, 0))
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    said = {PALE: contrast < FAINT, TINY: max(cut.shape) / scale < SMALL}
    return _framed(_thickened(cut)), (SOUGHT, *(sentence for sentence, holds in said.items() if holds))


def _as_it_is(grey: Grey, light: bool) -> tuple[Ink, tuple[str, ...]]:
    contrast = int(np.ptp(grey))
    said = {INVERTED: light, EMPTY: contrast < NOTHING, PALE: NOTHING <= contrast < FAINT}
    shown = (WHITE - grey if light else grey) / np.float32(WHITE)
    return shown.astype(np.float32), tuple(sentence for sentence, holds in said.items() if holds)


def _ink(picture: Image.Image) -> tuple[Ink, float]:
    """Where the ink is, 0–1, without specks; and the grey levels between it and the paper."""
    levels = paper.ink(np.asarray(picture.filter(ImageFilter.GaussianBlur(BLUR))))
    dark = levels > _threshold(levels)
    if not dark.any():
        return np.zeros(levels.shape, np.float32), 0.0
    bare, full = levels[~dark].mean(), levels[dark].mean()
    parts = label(dark)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    kept = Image.fromarray((sizes[parts] > SPECK * sizes.max()).astype(np.uint8)).filter(ImageFilter.MaxFilter(3))
    ink = np.clip((levels - bare) / (full - bare) * 1.25 - 0.25, 0, 1)
    return (ink * np.asarray(kept)).astype(np.float32), float(full - bare)


def _threshold(levels: NDArray[np.float64]) -> float:
    """Otsu's: the level that parts the pixels into the two kinds that differ most."""
    counts, edges = np.histogram(levels, 128)
    centres = (edges[1:] + edges[:-1]) / 2
    below = counts.cumsum()
    above = below[-1] - below
    sums = (counts * centres).cumsum()
    apart = below * above * (sums / np.maximum(below, 1) - (sums[-1] - sums) / np.maximum(above, 1)) ** 2
    # Of a small digit there is so little that two kinds of paper may differ more.
    return max(float(edges[1:][apart.argmax()]), INK * float(np.quantile(levels, 1 - LEAST)))


def _thickened(ink: Ink) -> Ink:
    """Strokes as wide as they are in MNIST at least, once they are in the box; their width is area by half outline."""
    padded = np.pad(ink, 1)
    outline = np.hypot(*np.gradient(padded)).sum()
    scale = BOX / max(ink.shape)
    missing = max(0, round((THIN / scale - 2 * ink.sum() / outline) / 2))
    tall = _largest(np.pad(ink, 2 * missing), 2 * missing + 1)
    return _largest(tall.T, 2 * missing + 1).T


def _largest(rows: Ink, count: int) -> Ink:
    """Of each so many rows one below the other, pixel by pixel: many times faster than a filter of Pillow."""
    taken = 1
    while taken < count:
        step = min(taken, count - taken)
        rows = np.maximum(rows[:-step], rows[step:])
        taken += step
    return rows


def _framed(ink: Ink) -> Ink:
    scale = BOX / max(ink.shape)
    height, width = (max(1, round(side * scale)) for side in ink.shape)
    fitted = np.asarray(Image.fromarray(ink).resize((width, height), Image.Resampling.BILINEAR))
    fitted = np.clip(fitted / np.quantile(fitted[fitted > fitted.max() / 4], 0.75), 0, 1)
    top, left = (
        min(
            max(round(MIDDLE - float(np.average(np.arange(length), weights=fitted.sum(axis=1 - axis)))), 0),
            SIDE - length,
        )
        for axis, length in enumerate((height, width))
    )
    frame = np.zeros((SIDE, SIDE), np.float32)
    frame[top : top + height, left : left + width] = fitted
    return frame
