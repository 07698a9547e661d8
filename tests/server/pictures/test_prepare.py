import tracemalloc
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from model.image.transforms import TRANSFORMS
from server.errors import InvalidInput, ServingError, TooManyPixels, UnsupportedMediaType
from server.pictures import prepare
from server.predictor import Predictor
from tests.server.pictures.images import BAR, BLOCK, jpeg, png, written


def picture_of(predictor: Predictor) -> Any:
    return predictor.task.picture


def pixels(levels: NDArray[Any]) -> NDArray[np.float32]:
    return levels.astype(np.float32) / np.float32(255)


def test_a_file_goes_through_the_transform_of_the_model(ink: Predictor, bulk: Predictor) -> None:
    for predictor, transform in ((ink, "digit"), (bulk, "scan")):
        for levels in (BAR, BLOCK, 255 - BAR, np.pad(BAR, 20), np.pad(BLOCK, 50)):
            expected, warnings = TRANSFORMS[transform](levels)
            for item in (png(levels), pixels(levels)):
                given = prepare.of(picture_of(predictor), [item])
                assert given.pictures.tolist() == [expected.tolist()]
                assert given.warnings == [warnings]


def test_what_is_taken_as_it_is_the_transform_would_leave_so(ink: Predictor) -> None:
    random = np.random.default_rng(0)
    many = np.zeros((40, 28, 28), np.uint8)
    many[:, 4:24, 4:24] = random.integers(0, 256, (40, 20, 20)) // random.integers(1, 6, (40, 1, 1))
    many[:36, 0] = random.integers(0, 256, (36, 1))
    many[:32, :, -1] = random.integers(0, 256, (32, 1))
    many[38] = 0  # there is nothing to see in it
    many[39] = BAR // 10  # nor much in this
    given = prepare.of(picture_of(ink), [pixels(levels) for levels in many])
    stacked = prepare.of(picture_of(ink), pixels(many))
    for place, levels in enumerate(many):
        expected, warnings = TRANSFORMS["digit"](levels)
        assert given.pictures[place] == pytest.approx(expected, abs=1e-7)
        assert given.warnings[place] == warnings
    assert stacked.pictures.tolist() == given.pictures.tolist()
    assert stacked.warnings == given.warnings
    assert 4 < given.warnings.count(()) < 36


def test_colours_are_turned_grey(ink: Predictor) -> None:
    red = np.zeros((28, 28, 3), np.uint8)
    red[:, :, 0] = BAR
    expected, _ = TRANSFORMS["digit"](np.asarray(Image.fromarray(red).convert("L")))
    for item in (png(red), pixels(red)):
        given = prepare.of(picture_of(ink), [item])
        assert given.pictures[0].tolist() == expected.tolist()
        assert "The picture is in colour; it was turned grey." in given.warnings[0]


def test_what_is_transparent_is_white(ink: Predictor) -> None:
    stroke = np.zeros((28, 28, 4), np.uint8)
    stroke[:, :, 3] = BAR  # black, drawn on nothing
    expected, _ = TRANSFORMS["digit"](255 - BAR)
    for item in (png(stroke), pixels(stroke)):
        assert prepare.of(picture_of(ink), [item]).pictures[0].tolist() == expected.tolist()


def test_each_stays_in_its_place_whatever_its_form(ink: Predictor) -> None:
    items: list[bytes | NDArray[np.float32]] = [
        png(BLOCK),
        pixels(BAR),
        pixels(np.pad(BLOCK, 9)),
        pixels(BLOCK),
        jpeg(BAR),
        pixels(BAR[:, :, None]),
    ]
    together = prepare.of(picture_of(ink), items)
    for place, item in enumerate(items):
        alone = prepare.of(picture_of(ink), [item])
        assert together.pictures[place].tolist() == alone.pictures[0].tolist()
        assert together.warnings[place] == alone.warnings[0]


GIF = written(Image.fromarray(BAR), "GIF")
HUGE = written(Image.new("1", (6000, 5000)), "PNG")


@pytest.mark.parametrize(
    ("item", "error", "sentence"),
    [
        (GIF, UnsupportedMediaType, "The picture is a GIF"),
        (HUGE, TooManyPixels, "6000 × 5000 pixels"),
        (png()[:60], InvalidInput, "broken or cut short"),
        (jpeg()[:-200], InvalidInput, "broken or cut short"),
        (b"7", InvalidInput, "not a picture"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused(
    ink: Predictor, item: bytes, error: type[ServingError], sentence: str
) -> None:
    with pytest.raises(error, match=f"^The .*{sentence}|^{sentence}"):
        prepare.of(picture_of(ink), [item])
    with pytest.raises(error, match=f"^Picture 1: .*{sentence}"):
        prepare.of(picture_of(ink), [png(), item])


def test_only_so_many_are_transformed_in_one_request(ink: Predictor) -> None:
    small, most = pixels(BAR[:9, 9:18]), prepare.MAX_TRANSFORMED
    assert len(prepare.of(picture_of(ink), [small] * most).pictures) == most
    assert len(prepare.of(picture_of(ink), [pixels(BAR)] * 3 * most).pictures) == 3 * most
    for item in (small, pixels(255 - BAR), png()):
        with pytest.raises(InvalidInput, match=f"At most {most} pictures of a request .* these are {most + 1};"):
            prepare.of(picture_of(ink), [pixels(BAR)] + [item] * (most + 1))


def test_fewer_are_transformed_for_a_model_of_larger_pictures(bulk: Predictor) -> None:
    assert len(prepare.of(picture_of(bulk), [png()] * 16).pictures) == 16
    with pytest.raises(InvalidInput, match="At most 16 pictures"):
        prepare.of(picture_of(bulk), [png()] * 17)


def test_only_so_many_pixels_are_decoded_in_one_request(ink: Predictor) -> None:
    large = [written(Image.new("1", (4000, 3000)), form) for form in ("PNG", "JPEG")]
    assert len(prepare.of(picture_of(ink), large).pictures) == 2
    with pytest.raises(TooManyPixels, match="too many pixels together"):
        prepare.of(picture_of(ink), [*large, png(np.zeros((1001, 1000), np.uint8))])


def test_much_that_is_small_takes_no_memory(bulk: Predictor) -> None:
    tracemalloc.start()
    with pytest.raises(InvalidInput, match="these are 50000"):
        prepare.of(picture_of(bulk), [b"x"] * 50_000)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 32 << 20
