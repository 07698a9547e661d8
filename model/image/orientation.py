"""Reads from EXIF data how a picture must be rotated or mirrored to be upright."""

from __future__ import annotations

import struct
import warnings

from PIL import ExifTags, Image

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

# Pillow warns about every damaged entry of EXIF data: thousands of log lines for one file of 64 kB.
warnings.filterwarnings("ignore", module=r"PIL\.TiffImagePlugin")


def transposition_of(exif: bytes) -> Image.Transpose | None:
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
