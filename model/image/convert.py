"""Convert a decoded picture to grey levels or colours of 8 bits, strip by strip: never all of it is in memory twice.

Transparent parts become the background, and a colour becomes its luma (ITU-R 601). Of 16 bits the upper 8 count. But a
grey picture whose values all fit into 8, 10 or 12 bits, or into as many as its file says, has only so many bits, and of
these the upper 8 count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, cast

import numpy as np
from PIL import Image

COLOURED = "The picture is in colour; it was converted to grey."
STRETCHED = "The picture has 16 bits per pixel but uses fewer; these were stretched from black to white."

Background = Literal["white", "black"]
TRANSPARENT: Mapping[Background, str] = {
    "white": "The picture has transparent parts; they were made white.",
    "black": "The picture has transparent parts; they were made black.",
}

Mode = Literal["L", "RGB", "RGBA"]
MODES: Mapping[int, Mode] = {1: "L", 3: "RGB", 4: "RGBA"}  # by the number of channels

_OPAQUE = 255
_BYTE, _WORD = 8, 16  # bits
_USUAL = (8, 10, 12)  # bits of a camera or a scanner
_LARGEST_SCALE = 8
_STRIP_ROWS = 8 * _LARGEST_SCALE  # at most
_STRIP_PIXELS = 1 << 19  # at most, unless so few rows as the largest scale have more

_COLOUR_DIFFERENCE = 32  # grey levels between the channels of a coloured pixel
_COLOURED_SHARE = 0.005  # of the pixels; above it the picture is in colour
_COLOUR_SAMPLING = 4  # every fourth row and column is checked for colour


def convert(
    picture: Image.Image,
    mode: Mode,
    scale: int = 1,
    background: Background = "white",
    significant_bits: int = 0,
) -> tuple[Image.Image, tuple[str, ...]]:
    """Return the picture in a mode, made smaller by a whole number, and notes on what was changed.

    Args:
        picture: In any mode.
        mode: Of the result.
        scale: By how much it is made smaller.
        background: What shows through transparent parts.
        significant_bits: How many bits a grey value uses, as the file says; 0 if it does not say.
    """
    if picture.mode == mode and scale == 1 and (mode == "RGBA" or not picture.has_transparency_data):
        return picture, ()
    width, height = picture.size
    converted = Image.new(mode, (-(-width // scale), -(-height // scale)))
    coloured, transparent = 0, False
    bits = _bits_used(picture, significant_bits)
    rows = min(_STRIP_ROWS, max(1, _STRIP_PIXELS // (width * _LARGEST_SCALE)) * _LARGEST_SCALE)
    for top in range(0, height, rows):
        strip = _to_8_bits(picture.crop((0, top, width, min(top + rows, height))), bits).reduce(scale)
        if strip.mode == "RGBA" and mode != "RGBA":
            transparent |= bool((np.asarray(strip)[:, :, 3] < _OPAQUE).any())
            strip = Image.alpha_composite(Image.new("RGBA", strip.size, background), strip).convert("RGB")
        if strip.mode == "RGB" and mode == "L":
            coloured += _coloured(strip)
        converted.paste(strip.convert(mode), (0, top // scale))
    is_coloured = coloured > _COLOURED_SHARE * converted.width * converted.height / _COLOUR_SAMPLING**2
    found = {COLOURED: is_coloured, TRANSPARENT[background]: transparent, STRETCHED: bits < _WORD}
    return converted, tuple(sentence for sentence, applies in found.items() if applies)


def _coloured(strip: Image.Image) -> int:
    """Return how many of the pixels that are checked have a colour."""
    sample = np.asarray(strip)[::_COLOUR_SAMPLING, ::_COLOUR_SAMPLING].astype(np.int16)
    return int(np.count_nonzero(sample.max(axis=2) - sample.min(axis=2) > _COLOUR_DIFFERENCE))


def _bits_used(picture: Image.Image, significant: int) -> int:
    """Return how many bits a picture in grey of 16 bits uses."""
    if picture.mode != "I;16":
        return _WORD
    largest = cast("int", picture.getextrema()[1])
    usual = (significant,) if _BYTE <= significant <= _WORD else _USUAL
    return next((bits for bits in usual if largest < 1 << bits), _WORD)


def _to_8_bits(strip: Image.Image, bits: int) -> Image.Image:
    """Convert to L, RGB or RGBA, each of 8 bits per channel; `bits` are those used of 16 bits of grey."""
    if strip.mode == "I;16":
        levels = np.asarray(strip)
        grey = Image.fromarray((levels >> (bits - _BYTE)).astype(np.uint8))
        if (clear := strip.info.get("transparency")) is None or not (levels == clear).any():
            return grey
        alpha = Image.fromarray(np.where(levels == clear, 0, _OPAQUE).astype(np.uint8))
        return Image.merge("RGBA", (grey, grey, grey, alpha))
    if strip.has_transparency_data:
        with_alpha = strip.convert("RGBA")
        is_opaque = with_alpha.getchannel("A").getextrema()[0] == _OPAQUE
        return with_alpha.convert("RGB") if is_opaque else with_alpha  # RGBA takes four times as long to make smaller
    return strip.convert("L" if strip.mode in ("1", "L") else "RGB")
