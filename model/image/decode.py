"""Decode JPEG and PNG files to grey levels. No other decoder is ever entered, and no image that is too large for it."""

from __future__ import annotations

import io
import re
import struct
import warnings
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from model.image import formats
from model.image.formats import Encoded

MAX_PIXELS = 25_000_000
MAX_SIDE = 65_500  # pixels, the limit of JPEG; longer sides are slow to decode in strips
MAX_DECODER_BYTES = 60_000_000  # see Encoded

COLOURED = "The picture is in colour; it was converted to grey."
TRANSPARENT = "The picture has transparent parts; they were made white."
ANIMATED = "The picture is animated; only its first frame was used."

_FULL_RESOLUTION = 768 * 768  # pixels; a larger image is read at a half, a quarter or an eighth of its resolution
_OPAQUE = 255
_STRIP_ROWS = 64  # converted to grey at a time, so that the colours are never all in memory twice

_COLOUR_DIFFERENCE = 32  # grey levels between the channels of a coloured pixel
_COLOURED_SHARE = 0.005  # of the pixels; above it the picture is in colour
_COLOUR_SAMPLING = 4  # every fourth row and column is checked for colour

# Entries of the EXIF directory. Cameras write some 20; Pillow takes 4 µs for each, which for a directory as large as
# the 64 KiB of a JPEG's segment adds up to 20 ms, and in a PNG it can be larger.
_MAX_EXIF_TAGS = 200
_BYTE_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_UPRIGHT = {  # EXIF orientation to the transposition that undoes it, as in PIL.ImageOps.exif_transpose
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_FORMATS = (
    ("JPEG", formats.JPEG_SIGNATURE, formats.parse_jpeg),
    ("PNG", formats.PNG_SIGNATURE, formats.parse_png),
)
_OTHER_FORMATS = {
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

# Pillow warns about every damaged entry of EXIF data: thousands of log lines for one file of 64 kB.
warnings.filterwarnings("ignore", module=r"PIL\.TiffImagePlugin")


class ImageError(ValueError):
    """A file that is not accepted; the message is a sentence for the caller."""

    def __init__(self, kind: Literal["unsupported", "pixels", "broken"], sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.sentence = sentence


def parse_image(data: bytes) -> Encoded:
    """Parse the headers of a file and check its size. Raises ImageError."""
    for name, signature, parse in _FORMATS:
        if data.startswith(signature):
            try:
                encoded = parse(data)
            except (ValueError, struct.error) as error:
                raise _broken(name) from error
            _check_size(encoded)
            return encoded
    raise _not_supported(data)


def decode_image(encoded: Encoded) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Decode a parsed file.

    Transparent parts become white, a colour becomes its luma (ITU-R 601), and of 16 bits the upper 8 count.

    Returns:
        The grey levels, [height, width], turned upright by the EXIF orientation; and warnings about the conversion.

    Raises:
        ImageError: The file is broken.
    """
    try:
        with Image.open(io.BytesIO(encoded.essential), formats=[encoded.format]) as picture:
            scale = _scale(*picture.size)  # a JPEG can be decoded at a fraction of its resolution
            picture.draft(None, (max(1, encoded.width // scale), max(1, encoded.height // scale)))
            grey, coloured, transparent = _to_grey(picture)
    except Exception as error:  # decoders raise anything on broken data
        raise _broken(encoded.format) from error
    transposition = _transposition(encoded.exif)
    if transposition is not None:
        grey = np.asarray(Image.fromarray(grey).transpose(transposition))
    found = {COLOURED: coloured, TRANSPARENT: transparent, ANIMATED: encoded.animated}
    return grey, tuple(sentence for sentence, applies in found.items() if applies)


def read_image(data: bytes) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Parse and decode a file; see `decode_image`. Raises ImageError."""
    return decode_image(parse_image(data))


def _not_supported(data: bytes) -> ImageError:
    for name, pattern in _OTHER_FORMATS.items():
        if re.match(pattern, data[:64], re.DOTALL):
            return ImageError("unsupported", f"The picture is {name}. Send a JPEG or a PNG.")
    return ImageError("broken", "The bytes are not a picture. Send a JPEG or a PNG.")


def _broken(name: str) -> ImageError:
    return ImageError("broken", f"The {name} file is broken or cut short. Send an intact one.")


def _check_size(encoded: Encoded) -> None:
    width, height = encoded.width, encoded.height
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise ImageError(
            "pixels",
            f"The picture has {width} × {height} pixels. Send one of at most {MAX_PIXELS // 1_000_000} megapixels "
            f"and {MAX_SIDE:,} pixels per side.",
        )
    if encoded.decoder_bytes > MAX_DECODER_BYTES:
        raise ImageError(
            "pixels",
            f"The picture has {width} × {height} pixels in a form that is too expensive to decode. "
            "Send it smaller, or as a baseline JPEG.",
        )


def _scale(width: int, height: int) -> int:
    return next((scale for scale in (8, 4, 2) if width * height >= _FULL_RESOLUTION * scale * scale), 1)


def _to_grey(picture: Image.Image) -> tuple[NDArray[np.uint8], bool, bool]:
    """Return the grey levels, whether the picture was in colour, and whether parts of it were transparent."""
    width, height = picture.size
    scale = _scale(width, height)
    strips: list[NDArray[np.uint8]] = []
    coloured, transparent = 0, False
    for top in range(0, height, _STRIP_ROWS):
        strip = _to_8_bits(picture.crop((0, top, width, min(top + _STRIP_ROWS, height)))).reduce(scale)
        if strip.mode == "RGBA":
            transparent |= bool((np.asarray(strip)[:, :, 3] < _OPAQUE).any())
            strip = Image.alpha_composite(Image.new("RGBA", strip.size, "white"), strip).convert("RGB")
        if strip.mode == "RGB":
            sample = np.asarray(strip)[::_COLOUR_SAMPLING, ::_COLOUR_SAMPLING].astype(np.int16)
            coloured += int(np.count_nonzero(sample.max(axis=2) - sample.min(axis=2) > _COLOUR_DIFFERENCE))
        strips.append(np.asarray(strip.convert("L")))
    grey = np.concatenate(strips)
    return grey, coloured > _COLOURED_SHARE * grey.size / _COLOUR_SAMPLING**2, transparent


def _to_8_bits(strip: Image.Image) -> Image.Image:
    """Convert to L, RGB or RGBA, each of 8 bits per channel."""
    if strip.mode == "I;16":
        return Image.fromarray((np.asarray(strip) >> 8).astype(np.uint8))
    if strip.has_transparency_data:
        return strip.convert("RGBA")
    return strip.convert("L" if strip.mode in ("1", "L") else "RGB")


def _transposition(exif: bytes) -> Image.Transpose | None:
    """Return what turns the picture upright; None if it is upright, or if the EXIF data cannot be read."""
    order = _BYTE_ORDERS.get(exif[:4])
    if order is None:
        return None
    tags = Image.Exif()
    try:
        (directory,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, directory)
        if count > _MAX_EXIF_TAGS:
            return None
        tags.load(exif)
        return _UPRIGHT.get(tags.get(ExifTags.Base.Orientation, 1))
    except Exception:  # Pillow raises anything on damaged EXIF data, which viewers ignore too
        return None
