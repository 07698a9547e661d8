"""Decode the pixels of a DICOM file to grey levels or colours of 8 bits.

Sign, rescaling, window and MONOCHROME1 together make one table of at most 65,536 entries from grey values to levels. A
file without a window is stretched from its lowest to its highest value.

RLE Lossless is the PackBits of TIFF, which Pillow decodes in C; pydicom's loop in Python takes up to 50 times as long.
"""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Coding = Literal["native", "deflated", "rle", "jpeg"]

COLOURS = 3
_BYTE = 8  # bits
_WHITE = 255
_STRIP = 1 << 18  # values; numpy needs 8 bytes for each that it looks up
_NARROWEST = 1e-6  # a window of width 1 is a threshold

Values = NDArray[Any]  # of 8 or 16 bits, as they are stored


@dataclass(frozen=True)
class StoredPixels:
    """How a DICOM file stores its pixels, and how they are to be shown.

    Attributes:
        coding: Of the bytes.
        start: Where the pixels begin in what was deflated.
        samples: 1 is grey, 3 are red, green and blue.
        ycbcr: Whether the three are luma and two differences of colour.
        planar: Whether each of the three has a plane of its own.
        allocated: Bits of a sample, 8 or 16.
        shift: The lowest of the bits that count.
        bits: How many of them count.
        signed: Whether they are a two's complement.
        slope, intercept: Turn the value that is stored into the one that the window is of.
        window: Centre and width; None if the file has none.
        inverted: Whether the lowest value is white.
    """

    coding: Coding
    start: int
    samples: int
    ycbcr: bool
    planar: bool
    allocated: int
    shift: int
    bits: int
    signed: bool
    slope: float
    intercept: float
    window: tuple[float, float] | None
    inverted: bool

    @property
    def sign(self) -> int:
        """The highest of the bits that count, if they are a two's complement."""
        return 1 << (self.bits - 1) if self.signed else 0

    def frame_bytes(self, width: int, height: int) -> int:
        return width * height * self.samples * self.allocated // _BYTE

    def decoder_bytes(self, width: int, height: int) -> int:
        """Return what decoding takes: the frame packed and unpacked, and the picture before and after scaling."""
        return 4 * self.frame_bytes(width, height)


def decode_stored(data: bytes, stored: StoredPixels, width: int, height: int) -> Image.Image:
    """Return the picture, L or RGB. Raises anything on broken data."""
    if stored.coding == "jpeg":
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as opened:
            opened.load()
            if opened.mode != ("RGB" if stored.samples == COLOURS else "L"):
                raise ValueError("The header has another number of channels than the JPEG.")
            return opened.copy() if stored.samples == COLOURS else Image.fromarray(_levels(np.asarray(opened), stored))
    values = _values(data, stored, width * height)
    if stored.samples == 1:
        return Image.fromarray(_levels(values.reshape(height, width), stored))
    colours = values.reshape(height, width, COLOURS)
    return Image.fromarray(colours, "YCbCr").convert("RGB") if stored.ycbcr else Image.fromarray(colours)


def _values(data: bytes, stored: StoredPixels, count: int) -> Values:
    """Return the values of `count` pixels, those of one pixel side by side."""
    kind = np.dtype("<u2" if stored.allocated > _BYTE else np.uint8)
    if stored.coding == "rle":
        return _unpacked(data, stored, count).view(kind)
    start = 0
    if stored.coding == "deflated":
        start, size = stored.start, stored.frame_bytes(count, 1)
        data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, start + size)
    values = np.frombuffer(data, kind, count * stored.samples, start)
    return np.ascontiguousarray(values.reshape(COLOURS, count).T) if stored.planar else values


def _unpacked(data: bytes, stored: StoredPixels, count: int) -> NDArray[np.uint8]:
    """Return the bytes of a frame in RLE, which has a segment for each byte of a pixel, the highest byte first."""
    each = stored.allocated // _BYTE
    segments, *offsets = struct.unpack_from("<16L", data)
    if segments != stored.samples * each:
        raise ValueError("The RLE has another number of segments than the header says.")
    frame = np.empty((count, segments), np.uint8)
    for index in range(segments):
        end = offsets[index + 1] if index + 1 < segments else len(data)
        # As one row, because some writers let a run cross the end of a row.
        plane = Image.frombytes("L", (count, 1), data[offsets[index] : end], "packbits", "L")
        sample, byte = divmod(index, each)
        frame[:, sample * each + each - 1 - byte] = np.asarray(plane)[0]
    return frame


def _levels(values: Values, stored: StoredPixels) -> NDArray[np.uint8]:
    flat, levels = values.ravel(), np.empty(values.size, np.uint8)
    strips = [slice(start, start + _STRIP) for start in range(0, values.size, _STRIP)]
    if stored.window is None:
        extremes = [(codes.min(), codes.max()) for codes in (_codes(flat[strip], stored) for strip in strips)]
        low, high = sorted(_shown(np.array([np.min(extremes), np.max(extremes)]), stored))
    else:  # the function LINEAR of DICOM PS3.3, C.11.2.1.2
        centre, width = stored.window
        low, high = centre - width / 2, centre + width / 2 - 1
    every = np.arange(1 << stored.allocated, dtype=values.dtype)
    if every.size > values.size:
        return _between(low, high, values, stored)
    table = _between(low, high, every, stored)
    for strip in strips:
        levels[strip] = table[flat[strip]]
    return levels.reshape(values.shape)


def _between(low: float, high: float, values: Values, stored: StoredPixels) -> NDArray[np.uint8]:
    """Return levels from black for what is shown as `low` to white for `high`, or the reverse."""
    share = (_shown(_codes(values, stored), stored) - low) / max(high - low, _NARROWEST)
    levels = np.rint(_WHITE * np.clip(share, 0, 1)).astype(np.uint8)
    return _WHITE - levels if stored.inverted else levels


def _codes(values: Values, stored: StoredPixels) -> Values:
    """Return the bits that count, as numbers in the order of what they stand for: the lowest signed number is 0."""
    bits = (values >> stored.shift) & ((1 << stored.bits) - 1)
    return bits ^ stored.sign


def _shown(codes: Values, stored: StoredPixels) -> NDArray[np.float64]:
    """Return the numbers that the window is of."""
    return (codes.astype(np.float64) - stored.sign) * stored.slope + stored.intercept
