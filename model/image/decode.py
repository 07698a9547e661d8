"""Decode JPEG, PNG and DICOM files. No other decoder is ever entered, and no image that is too large for it."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.image import formats
from model.image.convert import MODES, Background, convert
from model.image.errors import ImageError, broken
from model.image.formats import Encoded
from model.image.orientation import transposition_of
from model.image.stored import decode_stored

MAX_PIXELS = 25_000_000
MAX_SIDE = 65_500  # pixels, the limit of JPEG; longer sides are slow to decode in strips
MAX_DECODER_BYTES = 60_000_000  # see Encoded

SEND = "Send a JPEG, a PNG or a DICOM file."

_FULL_RESOLUTION = 768 * 768  # pixels; a larger image is read at a half, a quarter or an eighth of its resolution
_PIXEL_BYTES = 4  # of a coloured picture in Pillow's memory
_HELD = {"1": 1, "L": 1, "P": 1, "I;16": 2}  # the same of the others, by their mode


def _parse_dicom(data: bytes) -> Encoded:
    from model.image.dicom import parse_dicom  # noqa: PLC0415 (pydicom takes 12 MiB, which few servers need)

    return parse_dicom(data)


_FORMATS = (  # name, signature, its place, parser
    ("JPEG", formats.JPEG_SIGNATURE, 0, formats.parse_jpeg),
    ("PNG", formats.PNG_SIGNATURE, 0, formats.parse_png),
    ("DICOM", b"DICM", 128, _parse_dicom),
)
_OTHER_FORMATS = {
    "a GIF": rb"GIF8[79]a",
    "a WebP": rb"RIFF....WEBP",
    "a TIFF": rb"II\*\x00|MM\x00\*",
    "a BMP": rb"BM.{4}\x00{4}",
    "a PDF": rb"%PDF-",
    "an SVG": rb"\s*(<\?xml|<svg|<!DOCTYPE svg)",
    "a HEIC": rb"....ftyp(hei|hev)",
    "an AVIF": rb"....ftypavi",
    "a HEIC or an AVIF": rb"....ftyp(mif1|msf1)",
    "a JPEG 2000": rb"\x00\x00\x00\x0cjP  ",
    "a JPEG XL": rb"\xff\x0a|\x00\x00\x00\x0cJXL ",
    "an icon": rb"\x00\x00\x01\x00",
}


def parse_image(data: bytes) -> Encoded:
    """Parse the headers of a file and check its size. Raises ImageError."""
    for name, signature, place, parse in _FORMATS:
        if data.startswith(signature, place):
            try:
                encoded = parse(data)
            except ImageError:
                raise
            except (ValueError, struct.error) as error:
                raise broken(name) from error
            _check_size(encoded)
            return encoded
    raise _not_supported(data)


def decode_image(encoded: Encoded, background: Background = "white") -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Decode a parsed file to grey levels, a large one at a fraction of its resolution.

    Args:
        encoded: The file.
        background: What shows through transparent parts.

    Returns:
        The grey levels, [height, width], turned upright by the EXIF orientation; and notes on the conversion.

    Raises:
        ImageError: The file is broken.
    """
    scale = _scale(encoded.width, encoded.height)  # a JPEG can be decoded at a fraction of its resolution

    def converted(opened: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
        return convert(opened, "L", _scale(*opened.size), background, encoded.significant_bits)

    picture, notes = _decode(encoded, scale, converted)
    return np.asarray(picture), notes


def decode_colours(encoded: Encoded, channels: int, scale: int) -> tuple[Image.Image, tuple[str, ...]]:
    """Decode a parsed file to the number of channels that a network takes.

    Args:
        encoded: The file.
        channels: 1, 3 or 4; see `model.task.Picture`.
        scale: By how much a JPEG may be made smaller while it is decoded: 1, 2, 4 or 8.

    Returns:
        The picture, turned upright by the EXIF orientation; and notes on the conversion.

    Raises:
        ImageError: The file is broken, or has too many pixels at this scale.
    """
    mode = MODES[channels]
    if encoded.format == "JPEG":
        _check_cost(encoded, encoded.width * encoded.height * _PIXEL_BYTES // scale**2)

    def converted(opened: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
        if encoded.format != "JPEG" and opened.mode != mode:  # a second copy
            held = _HELD.get(opened.mode, _PIXEL_BYTES) + _HELD.get(mode, _PIXEL_BYTES)
            _check_cost(encoded, encoded.width * encoded.height * held)
        return convert(opened, mode, significant_bits=encoded.significant_bits)

    return _decode(encoded, scale, converted)


def _decode(
    encoded: Encoded, scale: int, converted: Callable[[Image.Image], tuple[Image.Image, tuple[str, ...]]]
) -> tuple[Image.Image, tuple[str, ...]]:
    try:
        with _opened(encoded, scale) as opened:
            picture, notes = converted(opened)
    except ImageError:
        raise
    except Exception as error:  # decoders raise anything on broken data
        raise broken(encoded.format) from error
    transposition = transposition_of(encoded.exif)
    upright = picture if transposition is None else picture.transpose(transposition)
    return upright, (*notes, *encoded.notes)


def _opened(encoded: Encoded, scale: int) -> Image.Image:
    if encoded.stored is not None:
        return decode_stored(encoded.essential, encoded.stored, encoded.width, encoded.height)
    opened = Image.open(io.BytesIO(encoded.essential), formats=[encoded.format])
    opened.draft(None, (max(1, encoded.width // scale), max(1, encoded.height // scale)))
    opened.load()
    return opened


def read_image(data: bytes) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Parse and decode a file; see `decode_image`. Raises ImageError."""
    return decode_image(parse_image(data))


def _not_supported(data: bytes) -> ImageError:
    for name, pattern in _OTHER_FORMATS.items():
        if re.match(pattern, data[:64], re.DOTALL):
            return ImageError("unsupported", f"The picture is {name}. {SEND}")
    return ImageError("broken", f"The bytes are not a picture. {SEND}")


def _check_size(encoded: Encoded) -> None:
    width, height = encoded.width, encoded.height
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise ImageError(
            "pixels",
            f"The picture has {width} × {height} pixels. Send one of at most {MAX_PIXELS // 1_000_000} megapixels "
            f"and {MAX_SIDE:,} pixels per side.",
        )
    _check_cost(encoded, encoded.decoder_bytes)


def _check_cost(encoded: Encoded, decoder_bytes: int) -> None:
    if decoder_bytes > MAX_DECODER_BYTES:
        raise ImageError(
            "pixels",
            f"The picture has {encoded.width} × {encoded.height} pixels in a form that is too expensive to decode. "
            "Send it smaller, or as a baseline JPEG.",
        )


def _scale(width: int, height: int) -> int:
    return next((scale for scale in (8, 4, 2) if width * height >= _FULL_RESOLUTION * scale * scale), 1)
