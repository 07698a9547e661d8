import json
from codecs import BOM_UTF8
from typing import Any

import numpy as np
import pytest
from msgspec import Raw

from server.errors import InvalidInput
from server.pictures.batch import BatchRequest, decode_batch, parse_picture
from tests.server.pictures.images import BAR, BLOCK
from tests.server.pictures.refusals import refused

PAIR = json.dumps([BAR.tolist(), BLOCK.tolist()]).encode()
ONES = BAR // 255  # the bar with white as 1


def decode(pictures: Any, **more: Any) -> BatchRequest:
    return decode_batch(json.dumps({"x": pictures, **more}).encode())


def parse(picture: Any) -> Any:
    return parse_picture(Raw(json.dumps(picture).encode()))


@pytest.mark.parametrize(
    "pictures",
    [
        BAR,
        BAR / 255,
        [BAR],
        [BAR, BLOCK],
        [BAR / 255, BLOCK / 255],
        [BAR, BLOCK / 255, ONES],
        [BAR[:9, :9], BLOCK],
        np.stack([BAR, BLOCK]).reshape(2, 28, 28, 1),
        np.zeros((2, 10, 12, 3)),
    ],
    ids=str,
)
@pytest.mark.parametrize("more", [{}, {"probabilities": True}], ids=str)
def test_every_form_of_pictures_is_decoded(pictures: Any, more: dict[str, Any]) -> None:
    each = [pictures] if isinstance(pictures, np.ndarray) and pictures.ndim == 2 else list(pictures)
    request = decode(pictures.tolist() if isinstance(pictures, np.ndarray) else [one.tolist() for one in each], **more)
    assert request.probabilities is bool(more)
    assert len(request.pictures) == len(each)
    for pixels, expected in zip(request.pictures, each, strict=True):
        assert pixels.dtype == np.float32
        assert pixels.shape == expected.shape
        assert pixels == pytest.approx(expected / 255 if expected.max() > 1 else expected)


@pytest.mark.parametrize(
    "other", [ONES, BAR, BAR / 255, BAR[:9, :9], np.zeros((28, 28), int), np.zeros((9, 9, 3))], ids=str
)
@pytest.mark.parametrize("picture", [ONES, BAR, BAR / 255], ids=str)
def test_a_picture_does_not_depend_on_the_others_in_its_batch(picture: Any, other: Any) -> None:
    (alone,) = decode([picture.tolist()]).pictures
    first, _ = decode([picture.tolist(), other.tolist()]).pictures
    _, _, third = decode([other.tolist(), other.tolist(), picture.tolist()]).pictures
    assert alone.tolist() == first.tolist() == third.tolist()


def test_a_byte_order_mark_is_skipped() -> None:
    (marked,) = decode_batch(BOM_UTF8 + json.dumps({"x": [BAR.tolist()]}).encode()).pictures
    assert marked == pytest.approx(BAR / 255)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty_body"),
        (b'{"x":[[[NaN]]]}', "invalid_json"),
        (b'{"x":[[[0,]]]}', "invalid_json"),
        (b'{"x":[[[0]]]}}', "invalid_json"),
        (b'{"x":[[[0]]}', "invalid_json"),
        (b'{"x":[[[01]]]}', "invalid_json"),
        (b'{"x":[[[0]]]} 7', "invalid_json"),
        (b'{"x":%b} 7' % PAIR, "invalid_json"),
        (b'\x0b{"x":%b}' % PAIR, "invalid_json"),
        (b'{"x":%b}\x0c' % PAIR, "invalid_json"),
        (b'{"x":%b}}' % PAIR, "invalid_json"),
        (b'{"x":%b]}' % PAIR, "invalid_json"),
        (b'{"x":%b,}' % PAIR, "invalid_json"),
        (b'{"x":%b,"x":%b}' % (PAIR, PAIR), "duplicate_key"),
        (b'{"x":%b' % PAIR, "invalid_json"),
    ],
)
def test_invalid_json_is_refused(body: bytes, reason: str) -> None:
    with refused(reason):
        decode_batch(body)


def test_thousands_of_open_brackets_are_refused() -> None:
    with pytest.raises(InvalidInput) as refusal:
        decode_batch(b'{"x":' + b"[" * 100_000)
    assert refusal.value.reason in ("invalid_json", "too_deep")


@pytest.mark.parametrize(
    ("body", "reason", "fact"),
    [
        (b"7", "structure", ""),
        (b"[]", "structure", ""),
        (b"{}", "structure", ""),
        (b'{"x":7}', "structure", ""),
        (b'{"x":"7"}', "structure", ""),
        (b'{"x":null}', "structure", ""),
        (b'{"x":{"0":[[0]]}}', "structure", ""),
        (b'{"x":[[[0]]],"y":1}', "structure", ""),
        (b'{"x":[[[0]]],"probabilities":1}', "structure", '"probabilities"'),
        (b'{"x":%b,"y":1}' % PAIR, "structure", ""),
        (b'{"x":[]}', "empty_list", ""),
        (b'{"x":[7]}', "picture_pixels", "this is a number"),
        (b'{"x":[[[0]]]}', "picture_pixels", "at least 8 × 8"),
        (b'{"x":[[[0]],[[0]]]}', "picture_pixels", "Picture 0: A picture must have at least 8 × 8"),
    ],
)
def test_bodies_of_another_structure_are_refused(body: bytes, reason: str, fact: str) -> None:
    with refused(reason, fact):
        decode_batch(body)


@pytest.mark.parametrize(
    ("bad", "fact"),
    [
        ([*BAR[:, :-1].tolist(), [0]], "row 28 has 1 pixels"),
        ("a", "this is a string"),
        ((BAR.astype(int) + 1).tolist(), "between 0 and 255"),
    ],
)
def test_a_refusal_names_the_picture(bad: Any, fact: str) -> None:
    with refused("picture_pixels", "Picture 2: ", fact):
        decode([BAR.tolist(), BAR.tolist(), bad, bad])


def test_duplicate_keys_are_refused() -> None:
    pictures = json.dumps([BAR.tolist()])
    for body in (
        f'{{"x":{pictures},"x":{pictures}}}',
        f'{{"x":{pictures},"probabilities":true,"probabilities":false}}',
        f'{{"x":{pictures},"x":[]}}',
    ):
        with refused("duplicate_key"):
            decode_batch(body.encode())


@pytest.mark.parametrize("picture", [BAR, BAR / 255, BAR.astype(float), (BAR / 255).round(), BAR[:, :, None]])
def test_white_is_1_or_255(picture: np.ndarray[Any, Any]) -> None:
    assert parse(picture.tolist()).reshape(BAR.shape) == pytest.approx(BAR / 255)


def test_the_largest_number_decides_the_scale() -> None:
    picture = np.full((8, 8), 0.5)
    assert parse(picture.tolist()).max() == 0.5
    picture[3, 4] = 1
    assert parse(picture.tolist()).max() == 1
    picture[3, 4] = 2
    assert parse(picture.tolist()).max() == pytest.approx(2 / 255)


def test_colour_channels_are_kept() -> None:
    for channels in (1, 3, 4):
        picture = np.arange(9 * 8 * channels).reshape(9, 8, channels) % 256
        assert parse(picture.tolist()) == pytest.approx(picture / 255)


def changed(row: int, column: int, value: Any) -> Any:
    picture: list[list[Any]] = BAR.tolist()
    picture[row][column] = value
    return picture


@pytest.mark.parametrize(
    ("picture", "fact"),
    [
        (7, "list of rows, and a row a list of pixels; this is a number"),
        ("7", "this is a string"),
        (None, "this is null"),
        (True, "this is a boolean"),
        ({"b64": ""}, "this is an object"),
        ([], "this is a flat list"),
        ([1, 2], "this is a flat list"),
        ([[[[0]]]], "this is nested 4 deep"),
        ([[]], "at least 8 × 8 pixels; this one has 1 rows of 0"),
        ([[], []], "2 rows of 0"),
        (BAR[:7].tolist(), "7 rows of 28"),
        (BAR[:, :3].tolist(), "28 rows of 3"),
        ([*BAR.tolist(), BAR[0, :-1].tolist()], "row 28 has 27 pixels, and row 0 has 28"),
        ([BAR[0, :-1].tolist(), *BAR.tolist()], "row 1 has 28 pixels, and row 0 has 27"),
        (changed(3, 4, "1"), "must be a number"),
        (changed(3, 4, None), "must be a number"),
        (changed(3, 4, True), "must be a number"),
        (changed(3, 4, [1]), "must be a number"),
        (changed(0, 0, [1]), "must be a number"),
        (changed(3, 4, 255.5), "between 0 and 255"),
        (changed(3, 4, 256), "between 0 and 255"),
        (changed(3, 4, -1), "between 0 and 255"),
        (changed(3, 4, -0.001), "between 0 and 255"),
        (changed(3, 4, 1e300), "between 0 and 255"),
        (changed(3, 4, 10**50), "between 0 and 255"),
        (np.zeros((8, 8, 2)).tolist(), "1, 3 or 4"),
        (np.zeros((8, 8, 5)).tolist(), "1, 3 or 4"),
        ([[[0, 0, 0]] * 8] * 7 + [[[0, 0, 0]] * 7 + [[0]]], "1, 3 or 4"),
        ([[[]] * 8] * 8, "1, 3 or 4"),
    ],
)
def test_lists_that_are_not_a_picture_are_refused(picture: Any, fact: str) -> None:
    with refused("picture_pixels", fact):
        parse(picture)


def test_a_number_too_long_for_a_float_is_refused() -> None:
    text = json.dumps(BAR.tolist()).replace("255", "1" + "0" * 400, 1)
    with refused("picture_pixels"):
        parse_picture(Raw(text.encode()))
