"""Convert any picture of a digit to the form of MNIST: 28 × 28, white on black, centred.

A picture in that form is used unchanged, and inverted if it is in that form but for its colours. In any other picture
the ink is located, whatever its colour and the lighting, and specks are removed. As in MNIST, the ink is scaled to fit
into 20 × 20 pixels, and its centre of mass is moved to the middle.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from model.image import paper
from model.image.alarms import Alarm, Transformed
from model.image.components import label
from model.image.figures import count_figures
from model.image.mnist_form import MIDDLE, SIDE, in_mnist_form

BOX = 20  # pixels, the longer side of the ink
WHITE = 255
WORKING = 160  # pixels, the longer side of the copy in which the ink is located

NOTHING = 14  # grey levels between ink and paper; less is camera noise
FAINT = 25  # grey levels between ink and paper; less raises an alarm
UNSURE = 60  # grey levels between ink and paper; with less, it may be uneven light that looks like ink
INK = 0.25  # share of the darkest ink's level; lighter pixels are paper
BLUR = 0.7  # pixels
SMALL = 12  # pixels of the original picture; a smaller digit raises an alarm
SPECK = 0.1  # share of the largest component; smaller components are dropped
SHADOW = 0.75  # share of the darkest component's level; a lighter one that reaches the border is a shadow
THIN = 2.2  # pixels of the 28 × 28, the width of MNIST's thinner strokes; thinner strokes are widened to it

SOUGHT = (
    "The picture does not have MNIST's form (28 × 28, light on black, centred); the digit was located and converted to "
    "that form, which may reduce accuracy."
)
INVERTED = "The picture is dark on light; it was inverted, because the model expects light on dark."
EMPTY = Alarm("blank", "Nothing seems to be drawn in the picture.")
PALE = Alarm("faint", "The digit is very faint; a darker pen or more light would help.")
TINY = Alarm("small", "The digit is very small; a closer picture would help.")
SEVERAL = Alarm("several_figures", "There are several figures in the picture; send one digit per picture.")

Grey = NDArray[np.uint8]
Ink = NDArray[np.float32]


def prepare(grey: Grey) -> Transformed:
    """Return the picture in MNIST's form, [28, 28], from 0 (background) to 1 (ink); `grey` is [height, width]."""
    for light_on_dark, notes in ((grey, ()), (WHITE - grey, (INVERTED,))):
        if in_mnist_form(light_on_dark[np.newaxis])[0]:
            return Transformed((light_on_dark / np.float32(WHITE)).astype(np.float32), notes)
    height, width = grey.shape
    scale = min(1.0, WORKING / max(width, height))
    small = Image.fromarray(grey).resize(
        (max(1, round(width * scale)), max(1, round(height * scale))), Image.Resampling.BOX
    )
    smooth = small.filter(ImageFilter.GaussianBlur(BLUR))  # against camera noise
    ink, contrast, figures = _locate_ink(np.asarray(smooth))
    if contrast < NOTHING or (contrast < UNSURE and paper.is_bare(np.asarray(smooth))):
        return Transformed(np.zeros((SIDE, SIDE), np.float32), alarms=(EMPTY,))
    rows, columns = (np.flatnonzero(ink.max(axis=axis)) for axis in (1, 0))
    cropped = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    found = {
        PALE: contrast < FAINT,
        TINY: max(cropped.shape) / scale < SMALL,
        SEVERAL: figures > 1,
    }
    alarms = tuple(alarm for alarm, applies in found.items() if applies)
    return Transformed(_framed(_thickened(cropped)), (SOUGHT,), alarms)


def _locate_ink(grey: Grey) -> tuple[Ink, float, int]:
    """Return the ink, 0–1, without specks; its contrast with the paper in grey levels; and how many figures it is."""
    levels = paper.ink_levels(grey)
    dark = levels > _threshold(levels)
    if not dark.any():
        return np.zeros(levels.shape, np.float32), 0.0, 0
    background, foreground = levels[~dark].mean(), levels[dark].mean()
    components = label(dark)
    large = _parts_of_the_drawing(components, levels)[components]
    kept = Image.fromarray(large.astype(np.uint8)).filter(ImageFilter.MaxFilter(3))
    ink = np.clip((levels - background) / (foreground - background) * 1.25 - 0.25, 0, 1)
    figures = count_figures(components * large)
    return (ink * np.asarray(kept)).astype(np.float32), float(foreground - background), figures


def _parts_of_the_drawing(components: NDArray[np.int64], levels: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which components are ink, by number: not the background, specks, or shadows that reach the border."""
    sizes = np.bincount(components.ravel())
    sizes[0] = 0
    darkness = np.bincount(components.ravel(), levels.ravel()) / np.maximum(sizes, 1)
    at_border = np.zeros(len(sizes), np.bool_)
    at_border[np.concatenate([components[0], components[-1], components[:, 0], components[:, -1]])] = True
    darkest = darkness[sizes > SPECK * sizes.max()].max()
    sizes[at_border & (darkness < SHADOW * darkest)] = 0
    return np.asarray(sizes > SPECK * sizes.max())


def _threshold(levels: NDArray[np.float64]) -> float:
    """Return Otsu's threshold, the level that splits the pixels into the two classes that differ most."""
    counts, edges = np.histogram(levels, 128)
    centres = (edges[1:] + edges[:-1]) / 2
    below = counts.cumsum()
    above = below[-1] - below
    sums = (counts * centres).cumsum()
    separation = below * above * (sums / np.maximum(below, 1) - (sums[-1] - sums) / np.maximum(above, 1)) ** 2
    # A small digit has so little ink that Otsu may separate two shades of paper instead.
    return max(float(edges[1:][separation.argmax()]), INK * float(np.quantile(levels, 1 - paper.LEAST)))


def _thickened(ink: Ink) -> Ink:
    """Widen strokes that would be thinner than MNIST's after scaling; stroke width is area over half the outline."""
    padded = np.pad(ink, 1)
    outline = np.hypot(*np.gradient(padded)).sum()
    scale = BOX / max(ink.shape)
    missing = max(0, round((THIN / scale - 2 * ink.sum() / outline) / 2))
    tall = _sliding_maximum(np.pad(ink, 2 * missing), 2 * missing + 1)
    return _sliding_maximum(tall.T, 2 * missing + 1).T


def _sliding_maximum(rows: Ink, count: int) -> Ink:
    """Return the maximum of every `count` successive rows; much faster than Pillow's filter, as steps double."""
    taken = 1
    while taken < count:
        step = min(taken, count - taken)
        rows = np.maximum(rows[:-step], rows[step:])
        taken += step
    return rows


def _framed(ink: Ink) -> Ink:
    """Scale to fit the box and place the centre of mass in the middle of the frame."""
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
