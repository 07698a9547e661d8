"""The levels of DICOM files, next to those that pydicom computes from the same files."""

import io
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.encaps import encapsulate
from pydicom.pixels.processing import apply_rescale, apply_windowing
from pydicom.uid import UID

from model.image.convert import COLOURED
from model.image.decode import read_image
from model.image.dicom import UNWINDOWED
from model.image.errors import ImageError
from tests.model.image.dicom_files import DEFLATED, EXPLICIT, IMPLICIT, JPEG, RLE, dataset, dicom, of_jpeg, written
from tests.model.image.files import PICTURE, SHADES, encoded

RANDOM = np.random.default_rng(7)
UNSIGNED = RANDOM.integers(0, 4096, (30, 50), np.uint16)
SIGNED = RANDOM.integers(-2048, 2048, (30, 50), np.int16)
SMALL = RANDOM.integers(0, 256, (30, 50), np.uint8)
LARGE = RANDOM.integers(0, 4096, (300, 301), np.uint16)
WINDOW = {"WindowCenter": [600, 40], "WindowWidth": [900, 80], "RescaleSlope": "2.5", "RescaleIntercept": "-1024"}
FORMS: dict[str, tuple[NDArray[Any], dict[str, Any]]] = {
    "12 bits": (UNSIGNED, {}),
    "12 bits, windowed": (UNSIGNED, WINDOW),
    "signed": (SIGNED, {}),
    "signed, windowed": (SIGNED, WINDOW),
    "8 bits": (SMALL, {"WindowCenter": "100.5", "WindowWidth": "60"}),
    "10 bits": (UNSIGNED & 1023, {"bits": 10}),
    "16 bits": (UNSIGNED * 16, {"bits": 16}),
    "white is 0": (UNSIGNED, {"PhotometricInterpretation": "MONOCHROME1"} | WINDOW),
    "a threshold": (UNSIGNED, {"WindowCenter": 2000, "WindowWidth": 1}),
    "falling": (UNSIGNED, {"RescaleSlope": -1, "RescaleIntercept": 4000}),
    "more values than levels": (LARGE, WINDOW),
    "more values than levels, without a window": (LARGE.astype(np.int16) - 2048, {}),
}


def expected(data: bytes) -> NDArray[Any]:
    """Return the levels, from 0 to 255, that pydicom's own functions lead to."""
    made = dcmread(io.BytesIO(data))
    shown = apply_rescale(made.pixel_array, made).astype(np.float64)
    low, high = shown.min(), shown.max()
    if "WindowWidth" in made:
        shown = apply_windowing(shown, made)
        slope, intercept = float(made.get("RescaleSlope", 1)), float(made.get("RescaleIntercept", 0))
        signed = made.PixelRepresentation == 1
        first = -(1 << (made.BitsStored - 1)) if signed else 0
        low, high = (number * slope + intercept for number in (first, first + (1 << made.BitsStored) - 1))
    levels: NDArray[Any] = 255 * (shown - low) / (high - low)
    return 255 - levels if made.PhotometricInterpretation == "MONOCHROME1" else levels


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, DEFLATED, RLE], ids=lambda syntax: syntax.keyword)
@pytest.mark.parametrize("form", FORMS)
def test_grey_values_get_the_levels_that_pydicom_computes(form: str, syntax: UID) -> None:
    values, more = FORMS[form]
    data = dicom(values, syntax, **more)
    levels, notes = read_image(data)
    assert np.abs(levels - expected(data)).max() <= 0.51
    assert notes == ((UNWINDOWED,) if "WindowWidth" not in more else ())


def test_bits_beside_those_that_count_are_ignored() -> None:
    plain = read_image(dicom(UNSIGNED))[0]
    assert read_image(dicom(UNSIGNED | 0xF000))[0].tolist() == plain.tolist()
    assert read_image(dicom(UNSIGNED << 4 | 7, HighBit=15))[0].tolist() == plain.tolist()


@pytest.mark.parametrize("syntax", [EXPLICIT, RLE], ids=lambda syntax: syntax.keyword)
def test_colours_are_decoded_pixel_by_pixel_and_plane_by_plane(syntax: UID) -> None:
    colours = np.repeat(np.array([[[200, 40, 30], [20, 90, 240]]], np.uint8), 8, axis=0)
    luma = [0.299 * 200 + 0.587 * 40 + 0.114 * 30, 0.299 * 20 + 0.587 * 90 + 0.114 * 240]
    levels, notes = read_image(dicom(colours, syntax))
    assert np.abs(levels - luma).max() <= 1
    assert notes == (COLOURED,)
    planes = dicom(colours, PlanarConfiguration=1, PixelData=colours.transpose(2, 0, 1).tobytes())
    assert read_image(planes)[0].tolist() == levels.tolist()


def test_luma_and_differences_of_colour_are_decoded() -> None:
    ycbcr = np.full((6, 8, 3), [120, 200, 90], np.uint8)
    levels, notes = read_image(dicom(ycbcr, PhotometricInterpretation="YBR_FULL"))
    assert np.abs(levels.astype(int) - 120).max() <= 1
    assert notes == (COLOURED,)


def test_a_jpeg_is_decoded_and_its_window_applied() -> None:
    jpeg = encoded(PICTURE, "JPEG", quality=95)
    height, width = SHADES.shape
    whole: dict[str, Any] = {"WindowCenter": "128", "WindowWidth": "256"}
    assert np.abs(read_image(of_jpeg(jpeg, height, width, **whole))[0].astype(int) - SHADES).max() <= 8
    inverted = read_image(of_jpeg(jpeg, height, width, PhotometricInterpretation="MONOCHROME1", **whole))[0]
    assert np.abs(inverted.astype(int) - (255 - SHADES)).max() <= 8
    narrow = read_image(of_jpeg(jpeg, height, width, WindowCenter="120", WindowWidth="2"))[0]
    assert set(narrow[20].tolist()) == {0, 255}
    colour = encoded(PICTURE.convert("RGB"), "JPEG", quality=95)
    assert np.abs(read_image(of_jpeg(colour, height, width, 3))[0].astype(int) - SHADES).max() <= 8


def test_a_jpeg_in_several_fragments_is_one_picture() -> None:
    jpeg = encoded(PICTURE, "JPEG", quality=95)
    made = dataset(np.zeros(SHADES.shape, np.uint8), 8, WindowCenter=128, WindowWidth=256)
    made.PixelData = encapsulate([jpeg], fragments_per_frame=5)
    made["PixelData"].is_undefined_length = True
    assert np.abs(read_image(written(made, JPEG))[0].astype(int) - SHADES).max() <= 8


@pytest.mark.parametrize(("rows", "columns", "samples"), [(40, 59, 1), (41, 60, 1), (40, 60, 3)])
def test_a_jpeg_that_contradicts_the_header_is_refused(rows: int, columns: int, samples: int) -> None:
    with pytest.raises(ImageError, match="broken"):
        read_image(of_jpeg(encoded(PICTURE, "JPEG"), rows, columns, samples))
