"""Parse the headers of JPEG and PNG files without decoding or decompressing anything.

Pillow limits the number of pixels, but three ways to make a small file expensive pass it: the scans of a progressive
JPEG (each goes over every block again), interlacing (a second copy of the picture), and compressed text or colour
profiles in a PNG. `Encoded.decoder_bytes` measures the first two; `Encoded.essential` leaves the third out.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from model.image.stored import StoredPixels

JPEG_SIGNATURE = b"\xff\xd8\xff"
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_SEGMENTS = 1_000  # of a JPEG
MAX_CHUNKS = 20_000  # of a PNG; one of 25 megapixels has about 3,000

ANIMATED = "The picture is animated; only its first frame was used."

_MIN_SCANS = 8  # charged to any multi-scan JPEG, because the decoder then keeps all coefficients in memory

_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_JFIF, _EXIF, _ADOBE = 0xE0, 0xE1, 0xEE
_NOT_FRAMES = (0xC4, 0xC8, 0xCC)  # tables, numbered among the frame markers
_FRAMES = frozenset(range(0xC0, 0xD0)) - frozenset(_NOT_FRAMES)
_PROGRESSIVE = (0xC2, 0xC6, 0xCA, 0xCE)
_DROPPED = frozenset({0xFE, *range(0xE0, 0xF0)}) - {_JFIF, _ADOBE}  # comments and application data

# The next marker as a decoder finds it: inside scan data, FF is followed by a zero or by a restart marker. Of several
# FF the last counts. A search for FF+ takes quadratic time, 2.8 s for a file that ends in 20,000 of them.
_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd7\xff])", re.DOTALL)

_ESSENTIAL_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_CHUNK_FRAME = 12  # bytes of a chunk besides its content: length, name, checksum
_STRIP_BYTES = 6_000_000  # of the strips in which the picture is converted
_ROW_BYTE = 4  # thirds of a byte that a byte of a row counts for its time, even if the rows are never kept together
_GREY, _PALETTE = 0, 3  # the PNG colour types of one channel
_CHANNELS = {_GREY: 1, 2: 3, _PALETTE: 1, 4: 2, 6: 4}


@dataclass(frozen=True)
class Encoded:
    """An image file as its headers describe it.

    Attributes:
        format: The decoder to use.
        width: In pixels.
        height: In pixels.
        decoder_bytes: What the decoder has to hold in memory or to go over repeatedly.
        exif: EXIF data from the byte-order mark on; empty if there is none.
        essential: The file without the parts that do not affect the pixels; of a DICOM file, the pixels alone.
        notes: What is not used of the file, or not certain, in sentences.
        significant_bits: How many bits of a grey value a PNG says to use; 0 if it does not say.
        stored: How a DICOM file stores its pixels; None for the other formats.
        header_parts: How many parts of a DICOM header were read one by one.
    """

    format: Literal["JPEG", "PNG", "DICOM"]
    width: int
    height: int
    decoder_bytes: int
    exif: bytes
    essential: bytes
    notes: tuple[str, ...] = ()
    significant_bits: int = 0
    stored: StoredPixels | None = None
    header_parts: int = 0


def parse_jpeg(data: bytes) -> Encoded:
    """Raise ValueError or struct.error unless the file has exactly one frame and a scan."""
    segments = list(_segments(data))
    frames = [data[start:end] for marker, start, end in segments if marker in _FRAMES]
    scans = sum(marker == _SOS for marker, _, _ in segments)
    if len(frames) != 1 or not scans:
        raise ValueError("The JPEG is incomplete.")
    height, width = struct.unpack_from(">HH", frames[0], 5)
    buffered = scans > 1 or frames[0][1] in _PROGRESSIVE
    decoder_bytes = width * height * max(scans, _MIN_SCANS) if buffered else 0
    app1 = (data[start + 4 : end] for marker, start, end in segments if marker == _EXIF)
    exif = next((content[6:] for content in app1 if content.startswith(b"Exif\0\0")), b"")
    essential = b"".join(data[start:end] for marker, start, end in segments if marker not in _DROPPED)
    return Encoded("JPEG", width, height, decoder_bytes, exif, essential)


def parse_png(data: bytes) -> Encoded:
    """Raise ValueError or struct.error unless the file runs from IHDR to IEND."""
    chunks = list(_chunks(data))
    names = [name for name, _ in chunks]
    if not names or names[0] != b"IHDR" or names[-1] != b"IEND":
        raise ValueError("The PNG is incomplete.")
    width, height, depth, colour, _, _, interlaced = struct.unpack_from(">IIBBBBB", chunks[0][1], 8)
    unfiltered = _CHANNELS.get(colour, 4) * max(depth, 8) // 8  # bytes of a pixel after decompression
    decoded = unfiltered if colour in (_GREY, _PALETTE) else 4  # bytes of a pixel in Pillow's memory
    exif = next((bytes(chunk[8:-4]) for name, chunk in chunks if name == b"eXIf"), b"")
    essential = PNG_SIGNATURE + b"".join(chunk for name, chunk in chunks if name in _ESSENTIAL_CHUNKS)
    pixels = width * height
    if interlaced:  # Pillow decompresses it into a second copy
        decoder_bytes = pixels * (decoded + unfiltered) * 3 // 2
    else:
        decoder_bytes = max(pixels * decoded + 2 * len(essential) + _STRIP_BYTES, pixels * unfiltered * _ROW_BYTE // 3)
    significant_bits = next((chunk[8] for name, chunk in chunks if name == b"sBIT" and len(chunk) > _CHUNK_FRAME), 0)
    notes = (ANIMATED,) * (b"acTL" in names)
    return Encoded("PNG", width, height, decoder_bytes, exif, essential, notes, significant_bits)


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield marker, start and end of each segment up to the end of the image, or to where the file breaks off.

    A scan's compressed data belong to its segment.
    """
    found = _MARKER.search(data)
    for _ in range(MAX_SEGMENTS):
        if not found:
            return
        marker, start = found.group(1)[0], found.end() - 2
        end = found.end()
        if marker not in (_SOI, _EOI):
            end += int.from_bytes(data[end : end + 2])
        found = _MARKER.search(data, end)
        if marker == _SOS:
            end = found.start() if found else len(data)
            end = start + len(data[start:end].rstrip(b"\xff"))  # fill bytes, 70 ns each for the decoder
        yield marker, start, end
        if marker == _EOI:
            return


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Yield name and bytes of each chunk up to IEND, or to where the file breaks off."""
    view, position = memoryview(data), len(PNG_SIGNATURE)
    for _ in range(MAX_CHUNKS):
        if position + _CHUNK_FRAME > len(data):
            return
        length, name = struct.unpack_from(">I4s", data, position)
        yield name, view[position : position + _CHUNK_FRAME + length]
        position += _CHUNK_FRAME + length
        if name == b"IEND":
            return
