"""PNGs that no program writes: a few kilobytes for one shade at any size and in any form."""

import struct
import zlib
from collections.abc import Iterator, Sequence

GREY, RGB, PALETTE, RGBA = 0, 2, 3, 6
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, RGBA: 4}
PAETH = 4  # the filter that takes longest to undo

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Passes of an interlaced picture: first column, first row, and the steps between columns and rows.
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def flat(  # noqa: PLR0913 (what a PNG can vary in)
    width: int,
    height: int,
    colour: int = GREY,
    depth: int = 8,
    *,
    filtered: int = 0,
    interlaced: bool = False,
    extra: Sequence[bytes] = (),
) -> bytes:
    """Return a PNG of zeros; `extra` are chunks before the image data."""
    packer = zlib.compressobj(9)
    rows = interlaced_rows(width, height) if interlaced else iter([(width, height)])
    packed = b"".join(
        packer.compress((bytes([filtered]) + bytes((across * CHANNELS[colour] * depth + 7) // 8)) * down)
        for across, down in rows
    )
    palette = [chunk(b"PLTE", bytes(range(256)) * 3)] if colour == PALETTE else []
    return whole(width, height, colour, depth, packed + packer.flush(), interlaced=interlaced, extra=[*palette, *extra])


def dotted(side: int, step: int) -> bytes:
    """Return white dots on black, as many as fit: half a step wide, and a step apart."""
    dots = (b"\xff" * (step // 2) + bytes(step - step // 2)) * (side // step + 1)
    block = (b"\0" + dots[:side]) * (step // 2) + bytes(side + 1) * (step - step // 2)
    rows = (block * (side // step + 1))[: side * (side + 1)]
    return whole(side, side, GREY, 8, zlib.compress(rows, 9), interlaced=False)


def interlaced_rows(width: int, height: int) -> Iterator[tuple[int, int]]:
    for left, top, right_by, down_by in _PASSES:
        if width > left and height > top:
            yield -((left - width) // right_by), -((top - height) // down_by)


def whole(  # noqa: PLR0913 (as above)
    width: int, height: int, colour: int, depth: int, packed: bytes, *, interlaced: bool, extra: Sequence[bytes] = ()
) -> bytes:
    """Return a PNG whose image data are `packed`, in one chunk."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    return b"".join([_SIGNATURE, chunk(b"IHDR", head), *extra, chunk(b"IDAT", packed), chunk(b"IEND", b"")])
