"""Separate ink from paper: by how many grey levels each pixel differs from what the bare paper would be there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

MAP = 32  # pixels, the longer side of the map of the lighting
LIGHT = 0.25  # share of the longer side over which the lighting changes little
REACH = 10  # pixels of that map; a dark area more than twice as wide is a shadow, not ink
FITS, DARKER = 4, 20  # rounds of fitting the lighting; grey levels below the previous fit that count as ink
SAMPLED = 80  # pixels, the longer side of the sample in which a drawing is looked for
LEAST = 0.002  # share of the picture that is assumed to be ink
DRAWN = 16  # grey levels; the darkest pixels of ink differ more from the lighting, noise and uneven light less
RARE = 1.0  # skewness of the grey levels above which ink is rare: that of two levels with a share of 28 %

Grey = NDArray[np.uint8]
Levels = NDArray[np.float64]


def ink_levels(grey: Grey) -> Levels:
    """Return by how many grey levels each pixel, [height, width], differs from its paper in the direction of ink."""
    levels = _evenly_lit(grey)
    squares = levels**2
    skewness = (squares * levels).mean() / max(squares.mean(), 1.0) ** 1.5
    rare = abs(skewness) > RARE
    light_on_dark = skewness > 0 if rare else _border(levels).mean() < 0
    dark_on_light = 255 - grey if light_on_dark else grey
    shades = dark_on_light.astype(np.float64)
    if rare:
        difference = _closed(shades) - shades
        return np.maximum(difference - np.median(difference), 0)
    # So much ink cannot be distinguished from uneven light, so the paper is assumed to have one shade.
    return np.maximum(np.quantile(_border(shades), 0.75) - shades, 0)


def is_bare(grey: Grey) -> bool:
    """Tell whether nothing is drawn: apart from noise, the grey levels, [height, width], are those of lit paper."""
    step = max(1, max(grey.shape) // SAMPLED)
    shades = grey[::step, ::step].astype(np.float32)
    terms = _quadratic(shades.shape).astype(np.float64)
    # The normal equations take a tenth of the time of `lstsq`; the inverse is that of a picture of one pixel too.
    surface = terms @ (np.linalg.pinv(terms.T @ terms, hermitian=True) @ (terms.T @ shades.ravel()))
    return bool(np.quantile(np.abs(shades.ravel() - surface), 1 - LEAST) < DRAWN)


def _evenly_lit(grey: Grey) -> Levels:
    """Subtract the lighting, estimated by a wide blur."""
    light = Image.fromarray(grey).filter(ImageFilter.GaussianBlur(LIGHT * max(grey.shape)))
    return grey.astype(np.float64) - np.asarray(light, np.float64)


def _border(levels: Levels) -> Levels:
    return np.concatenate([levels[0], levels[-1], levels[:, 0], levels[:, -1]])


def _closed(shades: Levels) -> Levels:
    """Return the picture without its narrow dark parts (a morphological closing)."""
    picture = Image.fromarray(shades.astype(np.float32))
    small = np.asarray(_small(picture).filter(ImageFilter.MedianFilter(3)))
    light = _fit_lighting(small)  # subtracted first, because darker borders and corners would look like ink
    lightest = repeated(Image.fromarray(small - light), ImageFilter.MaxFilter(3), REACH)
    closed = np.asarray(repeated(lightest, ImageFilter.MinFilter(3), REACH)) + light
    return np.asarray(Image.fromarray(closed).resize(picture.size, Image.Resampling.BILINEAR), np.float64)


def _fit_lighting(small: NDArray[np.float32]) -> NDArray[np.float32]:
    """Fit a quadratic surface to the paper, excluding what is darker than the previous fit."""
    terms = _quadratic(small.shape)
    shades, surface = small.ravel(), np.zeros(small.size, np.float32)
    for _ in range(FITS):
        paper = shades > surface - DARKER
        surface = terms @ np.linalg.lstsq(terms[paper], shades[paper], rcond=None)[0]
    return surface.reshape(small.shape)


def _quadratic(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return the terms of a quadratic surface at each pixel, [pixels, 6]."""
    rows, columns = np.indices(shape, np.float32).reshape(2, -1) / MAP
    return np.stack([np.ones_like(rows), rows, columns, rows**2, rows * columns, columns**2], axis=1)


def repeated(picture: Image.Image, step: ImageFilter.RankFilter, times: int) -> Image.Image:
    """Apply a filter several times."""
    for _ in range(times):
        picture = picture.filter(step)
    return picture


def _small(picture: Image.Image) -> Image.Image:
    scale = min(1.0, MAP / max(picture.size))
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return picture.resize(size, Image.Resampling.BOX)
