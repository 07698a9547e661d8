"""Convert any scan to the input of the brain MRI model: cropped to the head, square, from black to white."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.image.alarms import Alarm, Transformed

SIDE = 128  # pixels
SMALL = 64  # pixels; in a smaller scan, a small tumour covers only a few of them
NARROW = 3.0  # ratio of the sides above which a scan raises an alarm
FLAT = 16  # grey levels between dark and bright parts; a scan with less shows nothing

_DARK = 0.12  # of the way from dark to bright; darker rows and columns at the edge are margin
_FILLED = 0.02  # share of a row or column that must be brighter, so that a speck does not count as content
_DARKEST, _BRIGHTEST = 1.0, 99.5  # percentiles, so that single pixels have no influence


def prepare(grey: NDArray[np.uint8]) -> Transformed:
    """Return the scan in the model's form, [SIDE, SIDE], from 0 (dark) to 1 (bright); `grey` is [height, width]."""
    picture = Image.fromarray(grey)
    box = _content(picture)
    width, height = box[2] - box[0], box[3] - box[1]
    scale = SIDE / max(width, height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    head = np.asarray(picture.resize(size, Image.Resampling.BICUBIC, box))
    dark, bright = np.percentile(head, (_DARKEST, _BRIGHTEST))
    left, top = (SIDE - size[0]) // 2, (SIDE - size[1]) // 2
    square = np.zeros((SIDE, SIDE), np.float32)
    square[top : top + size[1], left : left + size[0]] = np.clip((head - dark) / max(bright - dark, 1.0), 0, 1)
    return Transformed(square, alarms=_alarms(width, height, bright - dark))


def _content(picture: Image.Image) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of the area whose rows and columns are brighter than the margin."""
    factor = max(1, max(picture.size) // SIDE)
    small = np.asarray(picture.reduce(factor))
    dark, bright = np.percentile(small, (_DARKEST, _BRIGHTEST))
    lit = small > dark + _DARK * (bright - dark)
    rows = np.flatnonzero(lit.mean(axis=1) > _FILLED)
    columns = np.flatnonzero(lit.mean(axis=0) > _FILLED)
    if not rows.size or not columns.size:
        return 0, 0, *picture.size
    right, bottom = (columns[-1] + 1) * factor, (rows[-1] + 1) * factor
    return (
        int(columns[0]) * factor,
        int(rows[0]) * factor,
        min(int(right), picture.width),
        min(int(bottom), picture.height),
    )


def _alarms(width: int, height: int, contrast: float) -> tuple[Alarm, ...]:
    if contrast < FLAT:
        return (Alarm("blank", "There is nearly nothing to see in the picture."),)
    size = f"{width} × {height} pixels without its dark margin"
    alarms = []
    if max(width, height) < SMALL:
        alarms.append(Alarm("small", f"The picture is very small: {size}."))
    if max(width, height) > NARROW * min(width, height):
        alarms.append(Alarm("narrow", f"The picture is very narrow for a scan: {size}."))
    return tuple(alarms)
