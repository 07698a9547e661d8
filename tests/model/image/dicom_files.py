"""DICOM files, valid and odd, for the tests of the decoder. What a name or a comment says must come out nowhere."""

import io
import struct
import warnings
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    RLELossless,
)

PATIENT = "Doe^Jane^Secret"
UNDEFINED = 0xFFFFFFFF
REFERENCED = 0x00081140  # a sequence
EXPLICIT, IMPLICIT = ExplicitVRLittleEndian, ImplicitVRLittleEndian
DEFLATED, RLE, JPEG = DeflatedExplicitVRLittleEndian, RLELossless, JPEGBaseline8Bit


def dataset(values: NDArray[Any], bits: int = 12, **more: Any) -> FileDataset:
    """Return a file of one frame of grey values, or of three colours; `more` are other elements by their keywords."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = EXPLICIT
    meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.4")
    meta.MediaStorageSOPInstanceUID = UID("1.2.3.4")
    made = FileDataset("", {}, preamble=bytes(128), file_meta=meta)
    made.PatientName, made.PatientID, made.PatientComments = PATIENT, PATIENT, PATIENT
    made.Rows, made.Columns, *_ = values.shape
    made.SamplesPerPixel = 3 if values.ndim == 3 else 1
    made.PhotometricInterpretation = "RGB" if values.ndim == 3 else "MONOCHROME2"
    if values.ndim == 3:
        made.PlanarConfiguration = 0
    made.BitsAllocated = 8 * values.itemsize
    made.BitsStored = min(bits, made.BitsAllocated)
    made.HighBit = made.BitsStored - 1
    made.PixelRepresentation = int(values.dtype.kind == "i")
    made.PixelData = values.tobytes()
    made["PixelData"].VR = "OW" if values.itemsize > 1 else "OB"
    for keyword, value in more.items():
        setattr(made, keyword, value)
    return made


def written(made: Dataset, syntax: UID = EXPLICIT) -> bytes:
    """Return the bytes of a file; the pixels of `made` are in the form of the transfer syntax."""
    made.file_meta.TransferSyntaxUID = syntax
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made.save_as(file, implicit_vr=syntax == IMPLICIT, little_endian=True, enforce_file_format=True)
    return file.getvalue()


def dicom(values: NDArray[Any], syntax: UID = EXPLICIT, bits: int = 12, **more: Any) -> bytes:
    """Return a file of pixels that pydicom itself brings into the form of the transfer syntax."""
    made = dataset(values, bits, **more)
    if syntax == RLE:
        made.compress(RLE, generate_instance_uid=False)
    return written(made, syntax)


def of_jpeg(jpeg: bytes, rows: int, columns: int, samples: int = 1, **more: Any) -> bytes:
    """Return a file whose one frame is a JPEG."""
    shape = (rows, columns) if samples == 1 else (rows, columns, samples)
    made = dataset(np.zeros(shape, np.uint8), 8)
    made.PhotometricInterpretation = "MONOCHROME2" if samples == 1 else "YBR_FULL_422"
    made.PixelData = encapsulate([jpeg])
    made["PixelData"].is_undefined_length = True
    for keyword, value in more.items():
        setattr(made, keyword, value)
    return written(made, JPEG)


def element(tag: int, vr: bytes, value: bytes, length: int | None = None) -> bytes:
    """Return an element with explicit VR, by hand: its length may be wrong."""
    size = len(value) if length is None else length
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr
    long = vr in (b"OB", b"OW", b"SQ", b"UN")
    return head + (struct.pack("<HL", 0, size) if long else struct.pack("<H", size)) + value


def item(content: bytes = b"", length: int | None = None) -> bytes:
    """Return an item of a sequence, or a fragment of pixels."""
    return struct.pack("<HHL", 0xFFFE, 0xE000, len(content) if length is None else length) + content


def end() -> bytes:
    """Return what ends a sequence of undefined length."""
    return struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)


def sequence(items: bytes) -> bytes:
    return element(REFERENCED, b"SQ", items + end(), UNDEFINED)


def by_hand(*elements: bytes, syntax: str = EXPLICIT) -> bytes:
    """Return a file of elements of the data set, which are deflated if the transfer syntax says so."""
    uid = syntax.encode() + b"\0" * (len(syntax) % 2)
    body = b"".join(elements)
    if syntax == DEFLATED:
        packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        body = packer.compress(body) + packer.flush()
    return bytes(128) + b"DICM" + element(0x00020010, b"UI", uid) + body


def grey_header(rows: int, columns: int, allocated: int = 16) -> bytes:
    """Return the elements that describe grey pixels."""
    shorts = {0x00280002: 1, 0x00280010: rows, 0x00280011: columns, 0x00280100: allocated, 0x00280101: allocated}
    shorts[0x00280103] = 0
    described = {tag: element(tag, b"US", struct.pack("<H", value)) for tag, value in shorts.items()}
    described[0x00280004] = element(0x00280004, b"CS", b"MONOCHROME2 ")
    return b"".join(described[tag] for tag in sorted(described))
