import tracemalloc
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from model.image.convert import COLOURED, TRANSPARENT
from model.image.decode import parse_image
from model.image.transforms import TRANSFORMS
from model.task import Picture, Resize
from server.pictures.prepare import MAX_HEADER_PARTS, MAX_TRANSFORMED, prepare
from server.predictor import Predictor
from tests.model.image.dicom_files import by_hand, element, grey_header
from tests.server.pictures.images import BAR, BLOCK, jpeg, png, written
from tests.server.pictures.refusals import refused


def picture_of(predictor: Predictor) -> Any:
    return predictor.task.picture


def pixels(levels: NDArray[Any]) -> NDArray[np.float32]:
    return levels.astype(np.float32) / np.float32(255)


def test_a_file_goes_through_the_transform_of_the_model(ink: Predictor, bulk: Predictor) -> None:
    for predictor, transform in ((ink, "digit"), (bulk, "scan")):
        for levels in (BAR, BLOCK, 255 - BAR, np.pad(BAR, 20), np.pad(BLOCK, 50)):
            expected, notes, alarms = TRANSFORMS[transform].prepare(levels)
            for item in (png(levels), pixels(levels)):
                given = prepare(picture_of(predictor), [item])
                assert given.pictures.tolist() == [expected.tolist()]
                assert (given.notes, given.alarms) == ([notes], [alarms])


def test_pictures_that_skip_the_transform_are_those_it_leaves_unchanged(ink: Predictor) -> None:
    random = np.random.default_rng(0)
    many = np.zeros((40, 28, 28), np.uint8)
    many[:, 4:24, 4:24] = random.integers(0, 256, (40, 20, 20)) // random.integers(1, 3, (40, 1, 1))
    many[:20, 0] = random.integers(0, 64, (20, 1))
    many[:16, :, -1] = random.integers(0, 64, (16, 1))
    many[38] = 0  # there is nothing to see in it
    many[39] = BAR // 10  # nor much in this
    given = prepare(picture_of(ink), [pixels(levels) for levels in many])
    stacked = prepare(picture_of(ink), pixels(many))
    for place, levels in enumerate(many):
        expected, notes, alarms = TRANSFORMS["digit"].prepare(levels)
        assert given.pictures[place] == pytest.approx(expected, abs=1e-7)
        assert (given.notes[place], given.alarms[place]) == (notes, alarms)
    assert stacked.pictures.tolist() == given.pictures.tolist()
    assert (stacked.notes, stacked.alarms) == (given.notes, given.alarms)
    assert 4 < given.notes.count(()) < 40


def test_colours_are_converted_to_grey(ink: Predictor) -> None:
    red = np.zeros((28, 28, 3), np.uint8)
    red[:, :, 0] = BAR
    expected, *_ = TRANSFORMS["digit"].prepare(np.asarray(Image.fromarray(red).convert("L")))
    for item in (png(red), pixels(red)):
        given = prepare(picture_of(ink), [item])
        assert given.pictures[0].tolist() == expected.tolist()
        assert COLOURED in given.notes[0]


def test_transparent_parts_of_a_scan_become_black(bulk: Predictor) -> None:
    head = np.full((64, 64, 4), 255, np.uint8)
    head[:, :, 3] = np.pad(BLOCK, 18)  # white, cut out of its surroundings
    expected, *_ = TRANSFORMS["scan"].prepare(np.pad(BLOCK, 18))
    for item in (png(head), pixels(head)):
        given = prepare(picture_of(bulk), [item])
        assert given.pictures[0].tolist() == expected.tolist()
        assert TRANSPARENT["black"] in given.notes[0]


def test_transparent_parts_become_white(ink: Predictor) -> None:
    stroke = np.zeros((28, 28, 4), np.uint8)
    stroke[:, :, 3] = BAR  # black, drawn on nothing
    expected, *_ = TRANSFORMS["digit"].prepare(255 - BAR)
    for item in (png(stroke), pixels(stroke)):
        assert prepare(picture_of(ink), [item]).pictures[0].tolist() == expected.tolist()


def test_pictures_of_mixed_forms_keep_their_order(ink: Predictor) -> None:
    items: list[bytes | NDArray[np.float32]] = [
        png(BLOCK),
        pixels(BAR),
        pixels(np.pad(BLOCK, 9)),
        pixels(BLOCK),
        jpeg(BAR),
        pixels(BAR[:, :, None]),
    ]
    together = prepare(picture_of(ink), items)
    for place, item in enumerate(items):
        alone = prepare(picture_of(ink), [item])
        assert together.pictures[place].tolist() == alone.pictures[0].tolist()
        assert together.notes[place] == alone.notes[0]


GIF = written(Image.fromarray(BAR), "GIF")
HUGE = written(Image.new("1", (6000, 5000)), "PNG")


@pytest.mark.parametrize(
    ("item", "status", "reason", "fact"),
    [
        (GIF, 415, "media_type", "The picture is a GIF. Send a JPEG, a PNG or a DICOM file."),
        (by_hand(grey_header(8, 8), syntax="1.2.840.10008.1.2.4.90"), 415, "media_type", "JPEG 2000"),
        (by_hand(grey_header(8, 8)), 400, "picture_format", "The DICOM file has no pixels"),
        (HUGE, 413, "pixels", "6000 × 5000 pixels"),
        (png()[:60], 400, "picture_format", "The PNG file is broken or cut short"),
        (jpeg()[:-200], 400, "picture_format", "The JPEG file is broken or cut short"),
        (b"7", 400, "picture_format", "not a picture"),
    ],
)
def test_unacceptable_files_are_refused(ink: Predictor, item: bytes, status: int, reason: str, fact: str) -> None:
    with refused(reason, fact, status=status):
        prepare(picture_of(ink), [item])
    with refused(reason, "Picture 1: ", fact, status=status):
        prepare(picture_of(ink), [png(), item])


def test_too_many_pictures_to_transform_are_refused(ink: Predictor) -> None:
    small, most = pixels(BAR[:9, 9:18]), MAX_TRANSFORMED
    assert len(prepare(picture_of(ink), [small] * most).pictures) == most
    assert len(prepare(picture_of(ink), [pixels(BAR)] * 3 * most).pictures) == 3 * most
    for item in (small, pixels(255 - BAR), png()):
        with refused("too_many_pictures", f"has {most + 1} pictures", f"limit is {most}."):
            prepare(picture_of(ink), [pixels(BAR)] + [item] * (most + 1))


def test_dicom_files_with_too_many_elements_together_are_refused(ink: Predictor) -> None:
    private = b"".join(element(0x00090000 + number, b"UN", b"abcd") for number in range(1_000, 2_000))
    long = by_hand(private, grey_header(28, 28, 8), element(0x7FE00010, b"OB", BAR.tobytes()))
    most = MAX_HEADER_PARTS // parse_image(long).header_parts
    assert len(prepare(picture_of(ink), [long] * most).pictures) == most
    with refused("too_many_pictures", "DICOM files", "Send fewer"):
        prepare(picture_of(ink), [long] * (most + 1))


def test_the_limit_is_lower_for_a_model_of_larger_pictures(bulk: Predictor) -> None:
    assert len(prepare(picture_of(bulk), [png()] * 16).pictures) == 16
    with refused("too_many_pictures", "limit is 16."):
        prepare(picture_of(bulk), [png()] * 17)


@pytest.mark.parametrize(("side", "most"), [(64, 48), (224, 5), (700, 1)])
def test_the_limit_of_a_network_follows_its_pixels(side: int, most: int) -> None:
    network = Picture("resize", side, side, "a leaf", None, channels=3, resize=Resize("bilinear"))
    assert prepare(network, [png()] * most).pictures.shape == (most, side, side, 3)
    with refused("too_many_pictures", f"limit is {most}."):
        prepare(network, [png()] * (most + 1))


def test_a_large_jpeg_whose_single_pixels_count_is_refused() -> None:
    large = jpeg(np.zeros((3500, 4500), np.uint8))
    averaged = Picture("resize", 8, 8, "a leaf", None, resize=Resize("bilinear"))
    assert prepare(averaged, [large]).pictures.shape == (1, 8, 8)
    with refused("pixels", "Send it smaller", status=413):
        prepare(replace(averaged, resize=Resize("nearest")), [large])


def test_too_many_pixels_in_one_request_are_refused(ink: Predictor) -> None:
    large = [written(Image.new("1", (4000, 3000)), form) for form in ("PNG", "JPEG")]
    assert len(prepare(picture_of(ink), large).pictures) == 2
    with refused("pixels", "25,001,000 pixels together", status=413):
        prepare(picture_of(ink), [*large, png(np.zeros((1001, 1000), np.uint8))])


def test_thousands_of_tiny_files_take_no_memory(bulk: Predictor) -> None:
    tracemalloc.start()
    with refused("too_many_pictures", "50000 pictures"):
        prepare(picture_of(bulk), [b"x"] * 50_000)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 32 << 20
