"""Which side of a picture is up, as its camera noted it."""

from __future__ import annotations

import struct

from PIL import Image

_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_ORIENTATION, _SHORT = 0x0112, 3
_ENTRY = 12  # bytes
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def turn(exif: bytes) -> Image.Transpose | None:
    """What brings the picture upright; None where it is, or where nothing legible is noted."""
    order = _ORDERS.get(exif[:4])
    if order is None:
        return None
    try:
        (place,) = struct.unpack_from(f"{order}I", exif, 4)
        (entries,) = struct.unpack_from(f"{order}H", exif, place)
        for entry in range(place + 2, min(place + 2 + entries * _ENTRY, len(exif)), _ENTRY):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", exif, entry)
            if (tag, kind) == (_ORIENTATION, _SHORT):
                return _TURNS.get(value)
    except struct.error:
        pass
    return None
