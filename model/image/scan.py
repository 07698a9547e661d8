"""A scan as the brain MRI model takes it: the head without the black around it, in a square, black to white."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 128  # pixels
SMALL = 64  # pixels: below, a small tumour is a few of them
NARROW = 3.0  # times as long as wide, either way
FLAT = 16  # grey levels between the dark and the bright parts: less shows nothing

_DARK = 0.12  # of the way from the dark to the bright parts: what is darker all along an edge is margin
_FILLED = 0.02  # share of a row or column that must be brighter, so that a speck is no content
_DARKEST, _BRIGHTEST = 1.0, 99.5  # percentiles, so that single pixels decide nothing


def prepare(grey: NDArray[np.uint8]) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """[height, width] to [SIDE, SIDE] between 0 and 1, and what a person should know of the picture, in words."""
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
    return square, _warnings(width, height, bright - dark)


def _content(picture: Image.Image) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the rows and columns that are bright in more than a speck."""
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


def _warnings(width: int, height: int, contrast: float) -> tuple[str, ...]:
    if contrast < FLAT:
        return ("There is nearly nothing to see in the picture.",)
    warnings = []
    if max(width, height) < SMALL:
        warnings.append(f"The picture is very small: {width} × {height} pixels without its margin.")
    if max(width, height) > NARROW * min(width, height):
        warnings.append(f"The picture is very narrow for a scan: {width} × {height} pixels without its margin.")
    return tuple(warnings)
