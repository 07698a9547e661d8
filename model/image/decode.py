"""Bytes → grey picture. Only the decoders of JPEG and PNG are ever entered, and no picture too large for them."""

from __future__ import annotations

import io
import re
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.image import exif, jpeg, png
from model.image.encoded import Encoded

PIXELS = 25_000_000
LONGEST = 65_500  # pixels of a side, as of a JPEG: what is longer is no picture, and takes long in strips
BURDEN = 60_000_000  # bytes: see Encoded
ENOUGH = 768 * 768  # pixels: a picture of more is taken at a half, a quarter or an eighth of its resolution
OPAQUE = 255
ROWS = 64  # turned grey at a time, so that the colours of all are not there a second time

COLOURED = 32  # grey levels between the channels
COLOURED_SHARE = 0.005  # of the pixels, from which on a picture is in colour
SAMPLED = 4  # every so many rows and columns are looked at for it

_OTHERS = {
    "a GIF": rb"GIF8[79]a",
    "a WebP": rb"RIFF....WEBP",
    "a TIFF": rb"II\*\x00|MM\x00\*",
    "a BMP": rb"BM",
    "a PDF": rb"%PDF-",
    "an SVG": rb"\s*(<\?xml|<svg|<!DOCTYPE svg)",
    "a HEIC": rb"....ftyp(hei|hev|mif1|msf1)",
    "an AVIF": rb"....ftypavi",
    "a JPEG 2000": rb"\x00\x00\x00\x0cjP  ",
    "a JPEG XL": rb"\xff\x0a|\x00\x00\x00\x0cJXL ",
    "an icon": rb"\x00\x00[\x01\x02]\x00",
}


class ImageError(ValueError):
    """A picture that cannot be taken; the message is a sentence for the caller."""

    def __init__(self, kind: Literal["unsupported", "pixels", "broken"], sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.sentence = sentence


def grey(data: bytes) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """The picture, [height, width], upright as its EXIF notes say, and what was done to it. Raises ImageError.

    White is what is transparent, the grey of a colour is its luma (ITU-R 601), and of 16 bits the upper 8 count.
    """
    name, signature = ("JPEG", jpeg) if data.startswith(jpeg.SIGNATURE) else ("PNG", png)
    if not data.startswith(signature.SIGNATURE):
        raise _refusal(data)
    try:
        encoded = signature.read(data)
        _check(encoded)
        with Image.open(io.BytesIO(encoded.essential), formats=[name]) as picture:
            scale = _scale(*picture.size)  # a JPEG can be decoded at a part of its resolution
            picture.draft(None, (max(1, encoded.width // scale), max(1, encoded.height // scale)))
            shades, coloured, transparent = _shades(picture)
    except ImageError:
        raise
    except Exception as error:  # decoders raise what they like on what is broken
        raise ImageError("broken", f"The {name} picture is broken or cut short; it cannot be read.") from error
    turn = exif.turn(encoded.exif)
    if turn is not None:
        shades = np.asarray(Image.fromarray(shades).transpose(turn))
    said = {
        "The picture is in colour; it was turned grey.": coloured,
        "The picture has transparent parts; they were taken as white.": transparent,
        "The picture is animated; only its first frame was looked at.": encoded.animated,
    }
    return shades, tuple(sentence for sentence, holds in said.items() if holds)


def _refusal(data: bytes) -> ImageError:
    for name, pattern in _OTHERS.items():
        if re.match(pattern, data[:64], re.DOTALL):
            return ImageError("unsupported", f"The picture is {name}; send it as JPEG or PNG.")
    return ImageError("broken", "The bytes are not a picture; send a JPEG or a PNG.")


def _check(encoded: Encoded) -> None:
    width, height = encoded.width, encoded.height
    if width * height > PIXELS or max(width, height) > LONGEST:
        raise ImageError(
            "pixels",
            f"The picture is {width} × {height} pixels; at most {PIXELS // 1_000_000} megapixels are taken, "
            f"and {LONGEST:,} pixels along a side.",
        )
    if encoded.burden > BURDEN:
        raise ImageError(
            "pixels",
            f"The picture is {width} × {height} pixels in a form that takes too much to decode; "
            "send it smaller, or as a baseline JPEG.",
        )


def _scale(width: int, height: int) -> int:
    return next((scale for scale in (8, 4, 2) if width * height >= ENOUGH * scale * scale), 1)


def _shades(picture: Image.Image) -> tuple[NDArray[np.uint8], bool, bool]:
    """The picture in grey; whether it was in colour; whether parts of it were transparent."""
    width, height = picture.size
    scale = _scale(width, height)
    shades: list[NDArray[np.uint8]] = []
    coloured, transparent = 0, False
    for top in range(0, height, ROWS):
        strip = _plain(picture.crop((0, top, width, min(top + ROWS, height)))).reduce(scale)
        if strip.mode == "RGBA":
            transparent |= bool((np.asarray(strip)[:, :, 3] < OPAQUE).any())
            strip = Image.alpha_composite(Image.new("RGBA", strip.size, "white"), strip).convert("RGB")
        if strip.mode == "RGB":
            sample = np.asarray(strip)[::SAMPLED, ::SAMPLED].astype(np.int16)
            coloured += int(np.count_nonzero(sample.max(axis=2) - sample.min(axis=2) > COLOURED))
        shades.append(np.asarray(strip.convert("L")))
    whole = np.concatenate(shades)
    return whole, coloured > COLOURED_SHARE * whole.size / SAMPLED**2, transparent


def _plain(strip: Image.Image) -> Image.Image:
    """L, RGB or RGBA, 8 bits each."""
    if strip.mode == "I;16":
        return Image.fromarray((np.asarray(strip) >> 8).astype(np.uint8))
    if strip.has_transparency_data:
        return strip.convert("RGBA")
    return strip.convert("L" if strip.mode in ("1", "L") else "RGB")
