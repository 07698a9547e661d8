"""What a PNG says of itself. Nothing is decompressed: that of text and colour profiles could go on for ever."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from model.image.encoded import Encoded

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHUNKS = 20_000  # a picture of 25 megapixels has some three thousand

_ESSENTIAL = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_AROUND = 12  # bytes of a chunk besides its content: length, name, checksum
_GREY, _PALETTE = 0, 3  # the colour types of one channel
_CHANNELS = {_GREY: 1, 2: 3, _PALETTE: 1, 4: 2, 6: 4}


def read(data: bytes) -> Encoded:
    """Raises ValueError where the file does not go from IHDR to IEND."""
    chunks = list(_chunks(data))
    names = [name for name, _ in chunks]
    if not names or names[0] != b"IHDR" or names[-1] != b"IEND":
        raise ValueError("The PNG is not whole.")
    width, height, depth, colour, _, _, interlaced = struct.unpack_from(">IIBBBBB", chunks[0][1], 8)
    packed = _CHANNELS.get(colour, 4) * max(depth, 8) // 8  # bytes of a pixel as the filters leave it
    decoded = packed if colour in (_GREY, _PALETTE) else 4
    exif = next((bytes(chunk[8:-4]) for name, chunk in chunks if name == b"eXIf"), b"")
    essential = SIGNATURE + b"".join(chunk for name, chunk in chunks if name in _ESSENTIAL)
    return Encoded(
        width,
        height,
        width * height * (decoded + packed) * (3 if interlaced else 2) // 2,
        exif,
        essential,
        b"acTL" in names,
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Name and whole of each, up to IEND or where the file breaks off."""
    view, place = memoryview(data), len(SIGNATURE)
    for _ in range(CHUNKS):
        if place + _AROUND > len(data):
            return
        length, name = struct.unpack_from(">I4s", data, place)
        yield name, view[place : place + _AROUND + length]
        place += _AROUND + length
        if name == b"IEND":
            return
