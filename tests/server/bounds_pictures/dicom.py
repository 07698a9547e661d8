"""DICOM files that no scanner writes: a few kilobytes that stand for many pixels or for a long header."""

import struct
from collections.abc import Iterator

import numpy as np

from tests.model.image.dicom_files import (
    DEFLATED,
    JPEG,
    REFERENCED,
    RLE,
    UNDEFINED,
    by_hand,
    element,
    end,
    grey_header,
    item,
    sequence,
)
from tests.server.bounds_pictures import jpeg

_WHOLE = grey_header(8, 8) + element(0x7FE00010, b"OW", bytes(2 * 8 * 8))
_PRIVATE, _CHARACTER_SET = 0x00091001, 0x00080005


def bombs(size: int) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of files of at most `size` bytes."""
    room = size - 2_000
    for name, part in {
        "private elements": element(_PRIVATE, b"LO", b""),
        "character sets": element(_CHARACTER_SET, b"CS", b"A\\B\\C\\D\\E\\"),
        "sequences": sequence(b""),
        "nested sequences": element(REFERENCED, b"SQ", b"", UNDEFINED) + item(b"", UNDEFINED),
    }.items():
        yield f"DICOM of {name}", by_hand(part * (room // len(part)), _WHOLE)
    named = item(element(_PRIVATE, b"LO", b"a "))
    for name, part in {"empty items": item(), "items": named, "items of items": item(sequence(named))}.items():
        yield f"DICOM of {name}", by_hand(sequence(part * (room // len(part))), _WHOLE)
    yield "DICOM with a long list of character sets", by_hand(element(_CHARACTER_SET, b"UN", b"A\\" * (room // 2)))
    yield "DICOM without the end of a part", by_hand(element(_PRIVATE, b"OB", b"\xfe\xff\xdd" * (room // 3), UNDEFINED))
    for syntax in (RLE, JPEG):
        fragments = element(0x7FE00010, b"OB", item() * (room // 8) + end(), UNDEFINED)
        yield f"DICOM of fragments, {syntax.keyword}", by_hand(grey_header(8, 8, 8), fragments, syntax=syntax)
    for allocated, side in ((8, 3_870), (16, 2_730), (16, 60_000)):
        count = allocated // 8
        plane = b"\x81\0" * (min(side**2, 128 * room // 2 // count) // 128 + 1)
        head = struct.pack("<16L", count, *(64 + index * len(plane) for index in range(count)), *[0] * (15 - count))
        packed = element(0x7FE00010, b"OB", item() + item(head + plane * count) + end(), UNDEFINED)
        yield f"DICOM in RLE, {side}, {allocated} bits", by_hand(grey_header(side, side, allocated), packed, syntax=RLE)
    deflated = {
        "of 7 MP": grey_header(2_730, 2_730) + element(0x7FE00010, b"OW", bytes(2 * 2_730**2)),
        "with 300 MB after the pixels": _WHOLE + element(0x7FE10010, b"OW", bytes(300_000_000)),
        "with 300 MB before the pixels": element(_PRIVATE, b"UN", bytes(300_000_000)) + _WHOLE,
        "with many elements": element(_PRIVATE, b"LO", b"") * 1_000_000 + _WHOLE,
    }
    for name, content in deflated.items():
        yield f"deflated DICOM {name}", by_hand(content, syntax=DEFLATED)
    side = int((room // 2) ** 0.5)
    noise = np.random.default_rng(0).integers(0, 65_536, side**2, np.uint16).tobytes()
    yield "DICOM of noise", by_hand(grey_header(side, side), element(0x7FE00010, b"OW", noise))
    flat = element(0x7FE00010, b"OB", item() + item(jpeg.flat(3_870, 3_870)) + end(), UNDEFINED)
    yield "DICOM of a JPEG of 15 MP", by_hand(grey_header(3_870, 3_870, 8), flat, syntax=JPEG)


def small() -> Iterator[tuple[str, bytes]]:
    """Yield name and content of files of which a request has many."""
    yield "DICOMs", _file(_WHOLE)
    yield "DICOMs with items", _file(sequence(item() * 1_400), _WHOLE)
    yield "deflated DICOMs with items", by_hand(sequence(item() * 4_500), _WHOLE, syntax=DEFLATED).ljust(16_300, b"\0")
    pixels = element(0x7FE00010, b"OW", bytes(2 * 600**2))
    yield "deflated DICOMs of 0.4 MP", by_hand(grey_header(600, 600), pixels, syntax=DEFLATED).ljust(16_300, b"\0")


def _file(*elements: bytes) -> bytes:
    return by_hand(*elements).ljust(12_200, b"\0")  # so that 64 fit
