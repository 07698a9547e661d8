"""What a JPEG says of itself, from its markers alone."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from model.image.encoded import Encoded

SIGNATURE = b"\xff\xd8\xff"
SEGMENTS = 1_000
SCANS = 8  # what a picture in several scans is held to have at least: the decoder then keeps all of it as well

_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_JFIF, _EXIF, _ADOBE = 0xE0, 0xE1, 0xEE
_NO_FRAMES = (0xC4, 0xC8, 0xCC)  # tables, among the markers of frames
_FRAMES = [marker for marker in range(0xC0, 0xD0) if marker not in _NO_FRAMES]
_PROGRESSIVE = (0xC2, 0xC6, 0xCA, 0xCE)  # of which the decoder keeps all, even in one scan
_LEFT_OUT = [0xFE, *(marker for marker in range(0xE0, 0xF0) if marker not in (_JFIF, _ADOBE))]  # remarks and the like

# What a decoder takes for the next marker: in the data of a scan, a zero or a restart may follow the FF.
_NEXT = re.compile(rb"\xff+([^\x00\x01\xd0-\xd7\xff])", re.DOTALL)


def read(data: bytes) -> Encoded:
    """Raises ValueError where the file is no frame with a scan."""
    segments = list(_segments(data))
    frames = [data[start:end] for marker, start, end in segments if marker in _FRAMES]
    scans = sum(marker == _SCAN for marker, _, _ in segments)
    if len(frames) != 1 or not scans:
        raise ValueError("The JPEG is not whole.")
    height, width = struct.unpack_from(">HH", frames[0], 5)
    held = width * height * max(scans, SCANS) if scans > 1 or frames[0][1] in _PROGRESSIVE else 0
    remarks = (data[start + 4 : end] for marker, start, end in segments if marker == _EXIF)
    exif = next((remark[6:] for remark in remarks if remark.startswith(b"Exif\0\0")), b"")
    essential = b"".join(data[start:end] for marker, start, end in segments if marker not in _LEFT_OUT)
    return Encoded(width, height, held, exif, essential)


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each; to a scan belong its data. Up to the end, or where the file breaks off."""
    found = _NEXT.search(data)
    for _ in range(SEGMENTS):
        if not found:
            return
        marker, start = found.group(1)[0], found.end() - 2
        end = found.end()
        if marker not in (_START, _END):
            end += int.from_bytes(data[end : end + 2])
        found = _NEXT.search(data, end)
        if marker == _SCAN:
            end = found.start() if found else len(data)
        yield marker, start, end
        if marker == _END:
            return
