"""Convert a decoded picture to grey levels or colours of 8 bits, strip by strip: never all of it is in memory twice.

Transparent parts become white, a colour becomes its luma (ITU-R 601), and of 16 bits the upper 8 count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from PIL import Image

COLOURED = "The picture is in colour; it was converted to grey."
TRANSPARENT = "The picture has transparent parts; they were made white."

Mode = Literal["L", "RGB", "RGBA"]
MODES: Mapping[int, Mode] = {1: "L", 3: "RGB", 4: "RGBA"}  # by the number of channels

_OPAQUE = 255
_STRIP_ROWS = 64  # a multiple of every scale

_COLOUR_DIFFERENCE = 32  # grey levels between the channels of a coloured pixel
_COLOURED_SHARE = 0.005  # of the pixels; above it the picture is in colour
_COLOUR_SAMPLING = 4  # every fourth row and column is checked for colour


def convert(picture: Image.Image, mode: Mode, scale: int = 1) -> tuple[Image.Image, tuple[str, ...]]:
    """Return the picture in a mode, made smaller by a whole number, and notes on what was lost."""
    if picture.mode == mode and scale == 1 and (mode == "RGBA" or not picture.has_transparency_data):
        return picture, ()
    width, height = picture.size
    converted = Image.new(mode, (-(-width // scale), -(-height // scale)))
    coloured, transparent = 0, False
    for top in range(0, height, _STRIP_ROWS):
        strip = _to_8_bits(picture.crop((0, top, width, min(top + _STRIP_ROWS, height)))).reduce(scale)
        if strip.mode == "RGBA" and mode != "RGBA":
            transparent |= bool((np.asarray(strip)[:, :, 3] < _OPAQUE).any())
            strip = Image.alpha_composite(Image.new("RGBA", strip.size, "white"), strip).convert("RGB")
        if strip.mode == "RGB" and mode == "L":
            coloured += _coloured(strip)
        converted.paste(strip.convert(mode), (0, top // scale))
    is_coloured = coloured > _COLOURED_SHARE * converted.width * converted.height / _COLOUR_SAMPLING**2
    found = {COLOURED: is_coloured, TRANSPARENT: transparent}
    return converted, tuple(sentence for sentence, applies in found.items() if applies)


def _coloured(strip: Image.Image) -> int:
    """Return how many of the pixels that are checked have a colour."""
    sample = np.asarray(strip)[::_COLOUR_SAMPLING, ::_COLOUR_SAMPLING].astype(np.int16)
    return int(np.count_nonzero(sample.max(axis=2) - sample.min(axis=2) > _COLOUR_DIFFERENCE))


def _to_8_bits(strip: Image.Image) -> Image.Image:
    """Convert to L, RGB or RGBA, each of 8 bits per channel."""
    if strip.mode == "I;16":
        return Image.fromarray((np.asarray(strip) >> 8).astype(np.uint8))
    if strip.has_transparency_data:
        return strip.convert("RGBA")
    return strip.convert("L" if strip.mode in ("1", "L") else "RGB")
