from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import UID

from model.image.decode import read_image
from model.image.dicom import FRAMES, UNWINDOWED
from model.image.errors import ImageError
from tests.model.image.dicom_files import (
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    JPEG,
    PATIENT,
    RLE,
    by_hand,
    dataset,
    dicom,
    element,
    grey_header,
    of_jpeg,
    written,
)
from tests.model.image.files import PICTURE, SHADES, encoded

VALUES = np.arange(600, dtype=np.uint16).reshape(20, 30)


def refusal(data: bytes) -> ImageError:
    with pytest.raises(ImageError) as caught:
        read_image(data)
    return caught.value


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, DEFLATED], ids=lambda syntax: syntax.keyword)
def test_of_several_frames_the_first_is_used_with_a_note(syntax: UID) -> None:
    both = np.concatenate([VALUES, VALUES[::-1] * 3])
    levels, notes = read_image(dicom(both, syntax, Rows=20, NumberOfFrames=2))
    assert levels.tolist() == read_image(dicom(VALUES))[0].tolist()
    assert notes == (FRAMES, UNWINDOWED)


def test_of_several_compressed_frames_the_first_is_used() -> None:
    both = np.concatenate([VALUES, VALUES[::-1] * 3])
    made = dataset(both, Rows=20, NumberOfFrames=2)
    made.compress(RLE, generate_instance_uid=False)
    assert read_image(written(made, RLE))[0].tolist() == read_image(dicom(VALUES))[0].tolist()
    made = dataset(SHADES, 8, NumberOfFrames=2, WindowCenter=128, WindowWidth=256)
    made.PixelData = encapsulate([encoded(PICTURE, "JPEG", quality=95), encoded(PICTURE.rotate(180), "JPEG")])
    made["PixelData"].is_undefined_length = True
    levels, notes = read_image(written(made, JPEG))
    assert np.abs(levels.astype(int) - SHADES).max() <= 8
    assert notes == (FRAMES,)


@pytest.mark.parametrize(
    ("syntax", "name"),
    [
        ("1.2.840.10008.1.2.2", "Explicit VR Big Endian"),
        ("1.2.840.10008.1.2.4.51", "JPEG Extended"),
        ("1.2.840.10008.1.2.4.57", "JPEG Lossless"),
        ("1.2.840.10008.1.2.4.80", "JPEG-LS Lossless"),
        ("1.2.840.10008.1.2.4.90", "JPEG 2000"),
        ("1.2.840.10008.1.2.4.102", "MPEG-4"),
        ("1.2.840.10008.5.1.4.1.1.4", "a transfer syntax that DICOM does not define"),
        ("1.2.276.1.77", "a transfer syntax that DICOM does not define"),
        (EXPLICIT + "\t", "a transfer syntax that DICOM does not define"),
        (PATIENT, "a transfer syntax that DICOM does not define"),
    ],
)
def test_other_transfer_syntaxes_are_refused_by_name(syntax: str, name: str) -> None:
    error = refusal(by_hand(grey_header(8, 8), syntax=syntax))
    assert error.kind == "unsupported"
    assert name in error.sentence
    assert "Send it uncompressed" in error.sentence
    assert PATIENT not in error.sentence


@pytest.mark.parametrize(
    "more",
    [
        {"PhotometricInterpretation": "PALETTE COLOR"},
        {"PhotometricInterpretation": "DOE_JANE"},
        {"BitsAllocated": 32},
        {"BitsAllocated": 1},
        {"BitsStored": 7},
        {"BitsStored": 17},
        {"HighBit": 16},
        {"HighBit": 3},
        {"SamplesPerPixel": 2},
        {"SamplesPerPixel": 3},
        {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"},
    ],
)
def test_pixels_in_other_forms_are_refused(more: dict[str, Any]) -> None:
    error = refusal(dicom(VALUES, **more))
    assert error.kind == "unsupported"
    assert "Send grey values of 8 to 16 bits" in error.sentence


@pytest.mark.parametrize("missing", ["Rows", "Columns", "BitsAllocated"])
def test_a_file_without_a_needed_number_is_broken(missing: str) -> None:
    made = dataset(VALUES)
    delattr(made, missing)
    assert refusal(written(made)).kind == "broken"


@pytest.mark.parametrize("keyword", ["WindowCenter", "WindowWidth", "RescaleSlope", "RescaleIntercept"])
@pytest.mark.parametrize("number", [b"nan ", b"inf ", b"1e300 ", b"seven "])
def test_a_number_that_is_none_is_refused(keyword: str, number: bytes) -> None:
    tags = {"WindowCenter": 0x00281050, "WindowWidth": 0x00281051, "RescaleIntercept": 0x00281052}
    pixels = element(0x7FE00010, b"OW", bytes(128))
    data = by_hand(grey_header(8, 8), element(tags.get(keyword, 0x00281053), b"DS", number), pixels)
    assert refusal(data).kind == "broken"


@pytest.mark.parametrize("width", ["0", "-3", "0.5"])
def test_a_window_that_is_none_is_as_if_there_were_none(width: str) -> None:
    assert read_image(dicom(VALUES, WindowCenter="7", WindowWidth=width))[1] == (UNWINDOWED,)


def test_a_file_without_pixels_is_refused() -> None:
    made = dataset(VALUES)
    del made.PixelData
    assert "no pixels" in refusal(written(made)).sentence
    floating = by_hand(grey_header(8, 8), element(0x7FE00008, b"OB", bytes(256)))
    assert "no pixels" in refusal(floating).sentence


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, DEFLATED, RLE], ids=lambda syntax: syntax.keyword)
def test_a_file_cut_short_anywhere_is_refused_as_broken(syntax: UID) -> None:
    data = dicom(VALUES, syntax)
    for length in range(132, len(data) - 9, max(1, len(data) // 100)):
        error = refusal(data[:length])
        assert error.kind == "broken"
        assert "DICOM" in error.sentence


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, DEFLATED, RLE, JPEG], ids=lambda syntax: syntax.keyword)
def test_corrupt_bytes_raise_nothing_but_image_errors(syntax: UID) -> None:
    data = of_jpeg(encoded(PICTURE, "JPEG"), *SHADES.shape) if syntax == JPEG else dicom(VALUES, syntax)
    random = np.random.default_rng(0)
    for _ in range(300):
        corrupt = bytearray(data)
        for place in random.integers(132, len(data), 3):
            corrupt[place] = random.integers(0, 256)
        with suppress(ImageError):
            assert read_image(bytes(corrupt))[0].ndim == 2


def test_a_sequence_of_undefined_length_is_skipped() -> None:
    made = dataset(VALUES)
    item = Dataset()
    item.PatientName, item.Rows, item.Columns = PATIENT, 7, 7
    made.ReferencedImageSequence = Sequence([item])
    made["ReferencedImageSequence"].is_undefined_length = True
    for syntax in (EXPLICIT, IMPLICIT, DEFLATED):
        assert read_image(written(made, syntax))[0].shape == VALUES.shape


def test_other_files_that_begin_as_another_format_are_not_taken_for_dicom() -> None:
    tiff = b"II*\0".ljust(128, b"\0") + dicom(VALUES)[128:]
    assert read_image(tiff)[0].shape == VALUES.shape  # a DICOM file may be a TIFF too
    assert refusal(bytes(128) + b"DICN" + bytes(99)).sentence.startswith("The bytes are not a picture")
