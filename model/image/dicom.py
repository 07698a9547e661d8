"""Parse a DICOM file: how its pixels are coded, stored and shown, and the bytes of its first frame.

pydicom takes 12 MiB of memory, so `decode.py` imports this module with the first DICOM file.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from itertools import islice

from pydicom import config
from pydicom.encaps import generate_fragments
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    RLELossless,
)

from model.image.dicom_header import PIXELS, Header, Reader, reading
from model.image.errors import ImageError, broken
from model.image.formats import Encoded, parse_jpeg
from model.image.stored import COLOURS, Coding, StoredPixels

MAX_DEFLATED_HEADER = 1 << 16  # bytes; only so many are inflated to find the pixels

FRAMES = "The DICOM file has several frames; only the first was used."
UNWINDOWED = "The DICOM file has no window; its lowest and highest values became the ends of the grey scale."

_CODINGS: Mapping[str, Coding] = {
    ImplicitVRLittleEndian: "native",
    ExplicitVRLittleEndian: "native",
    DeflatedExplicitVRLittleEndian: "deflated",
    RLELossless: "rle",
    JPEGBaseline8Bit: "jpeg",
}
_SEND_CODED = "Send it uncompressed, deflated, as RLE Lossless or as JPEG Baseline."
_SEND_STORED = "Send grey values of 8 to 16 bits, or RGB of 8 bits each."

_PREAMBLE = 132  # bytes, with the signature
_BYTE = 8  # bits
_UNDEFINED = 0xFFFFFFFF  # the length of what comes in parts with lengths of their own
_GREYS, _INVERTED = ("MONOCHROME1", "MONOCHROME2"), "MONOCHROME1"
_COLOURS, _YCBCR = ("RGB", "YBR_FULL"), "YBR_FULL"
_JPEG_COLOURS = ("YBR_FULL", "YBR_FULL_422")  # as which every decoder reads a JPEG that does not say

_TRANSFER_SYNTAX = 0x00020010
_SAMPLES, _SHOWN, _PLANAR, _FRAMES = 0x00280002, 0x00280004, 0x00280006, 0x00280008
_ROWS, _COLUMNS = 0x00280010, 0x00280011
_ALLOCATED, _STORED, _HIGH_BIT, _SIGNED = 0x00280100, 0x00280101, 0x00280102, 0x00280103
_CENTRE, _WIDTH, _INTERCEPT, _SLOPE = 0x00281050, 0x00281051, 0x00281052, 0x00281053
_NEEDED = [
    *(_SAMPLES, _SHOWN, _PLANAR, _FRAMES, _ROWS, _COLUMNS, _ALLOCATED, _STORED, _HIGH_BIT, _SIGNED),
    *(_CENTRE, _WIDTH, _INTERCEPT, _SLOPE),
]


def parse_dicom(data: bytes) -> Encoded:
    """Raise ImageError if the header cannot be read, or says that the pixels are stored in a way that is not read."""
    with reading(data, _PREAMBLE) as file:
        syntax = _transfer_syntax(file, len(data))
        body = file.tell()
    coding, implicit = _CODINGS[syntax], syntax == ImplicitVRLittleEndian
    if coding != "deflated":
        with reading(data, body) as file:
            return _parse(file, data, coding, implicit=implicit)
    packed = data[body:]
    try:
        header = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, MAX_DEFLATED_HEADER)
    except zlib.error as error:
        raise broken("DICOM") from error
    with reading(header, 0) as file:
        return _parse(file, packed, coding, implicit=implicit)


def _transfer_syntax(file: Reader, size: int) -> str:
    meta = Header(file, implicit=False, needed=[_TRANSFER_SYNTAX], group=_TRANSFER_SYNTAX >> 16)
    syntax = meta.text(_TRANSFER_SYNTAX)
    if not syntax or file.tell() == size:
        raise ValueError("The file does not say how it is coded, or ends there.")
    if syntax not in _CODINGS:
        uid = UID(syntax, config.IGNORE)
        known = uid == syntax and not uid.is_private and uid.type == "Transfer Syntax"
        name = uid.name if known else "a transfer syntax that DICOM does not define"
        raise ImageError("unsupported", f"The DICOM file is in {name}. {_SEND_CODED}")
    return syntax


def _parse(file: Reader, data: bytes, coding: Coding, *, implicit: bool) -> Encoded:
    """Read the header from `file`. The pixels are in `data`, still deflated if the file was."""
    header = Header(file, implicit=implicit, needed=_NEEDED)
    tag, length, start = header.pixels
    if tag != PIXELS:
        raise ImageError("broken", "The DICOM file has no pixels that can be read. Send an intact file of a picture.")
    stored = _stored(header, coding, start)
    width, height = header.whole(_COLUMNS), header.whole(_ROWS)
    decoder_bytes = stored.decoder_bytes(width, height)
    if not width or not height or (length == _UNDEFINED) != (coding in ("rle", "jpeg")):
        raise ValueError("The file has no pixels, or they are not in the form that it says.")
    match coding:
        case "native":
            frame = data[start : start + min(length, stored.frame_bytes(width, height))]
        case "deflated":
            frame = data
        case "rle":
            frame = _first_parts(file, start, 1)
        case "jpeg":
            jpeg = parse_jpeg(_first_parts(file, start, None))  # it ends with the first frame
            if (jpeg.width, jpeg.height) != (width, height):
                raise ValueError("The header has another size than the JPEG.")
            frame, decoder_bytes = jpeg.essential, decoder_bytes + jpeg.decoder_bytes
    several = header.text(_FRAMES) not in ("", "0", "1")
    notes = (FRAMES,) * several + (UNWINDOWED,) * (stored.window is None and stored.samples == 1)
    return Encoded(
        "DICOM", width, height, decoder_bytes, b"", frame, notes=notes, stored=stored, header_parts=file.reads
    )


def _first_parts(file: Reader, start: int, count: int | None) -> bytes:
    file.seek(start)
    parts = generate_fragments(file)
    next(parts)  # a table of the frames
    return b"".join(islice(parts, count))


def _stored(header: Header, coding: Coding, start: int) -> StoredPixels:
    samples, allocated = header.whole(_SAMPLES, 1), header.whole(_ALLOCATED)
    bits = header.whole(_STORED, allocated)
    shift = header.whole(_HIGH_BIT, bits - 1) + 1 - bits
    shown, jpeg = header.text(_SHOWN), coding == "jpeg"
    grey = samples == 1 and shown in _GREYS and allocated in (_BYTE, 2 * _BYTE) and bits >= _BYTE
    colour = samples == COLOURS and allocated == bits == _BYTE and shown in (_JPEG_COLOURS if jpeg else _COLOURS)
    if not (grey or colour) or not 0 <= shift <= allocated - bits or (jpeg and allocated > _BYTE):
        raise ImageError(
            "unsupported", f"The pixels of the DICOM file are stored in a form that is not read. {_SEND_STORED}"
        )
    centre, width = header.decimal(_CENTRE), header.decimal(_WIDTH)
    slope, intercept = header.decimal(_SLOPE), header.decimal(_INTERCEPT)
    return StoredPixels(
        coding,
        start,
        samples,
        ycbcr=shown == _YCBCR,
        planar=samples == COLOURS and header.whole(_PLANAR, 0) == 1,
        allocated=allocated,
        shift=shift,
        bits=bits,
        signed=header.whole(_SIGNED, 0) == 1,
        slope=1.0 if slope is None else slope,
        intercept=intercept or 0.0,
        window=(centre, width) if centre is not None and width is not None and width >= 1 else None,
        inverted=shown == _INVERTED,
    )
