import json
from typing import Any

import numpy as np
import pytest

from server.errors import InvalidInput
from server.pictures import nested
from tests.server.pictures.images import BAR


def read(picture: Any) -> Any:
    return nested.pixels(json.dumps(picture).encode())


@pytest.mark.parametrize("written", [BAR, BAR / 255, BAR.astype(float), (BAR / 255).round(), BAR[:, :, None]])
def test_white_is_1_or_255(written: np.ndarray[Any, Any]) -> None:
    assert read(written.tolist()).reshape(BAR.shape) == pytest.approx(BAR / 255)


def test_the_scale_is_said_by_the_largest_number() -> None:
    picture = np.full((8, 8), 0.5)
    assert read(picture.tolist()).max() == 0.5
    picture[3, 4] = 1
    assert read(picture.tolist()).max() == 1
    picture[3, 4] = 2
    assert read(picture.tolist()).max() == pytest.approx(2 / 255)


def test_a_picture_of_colours_keeps_them() -> None:
    for channels in (1, 3, 4):
        picture = np.arange(9 * 8 * channels).reshape(9, 8, channels) % 256
        assert read(picture.tolist()) == pytest.approx(picture / 255)


def changed(row: int, column: int, value: Any) -> Any:
    picture: list[list[Any]] = BAR.tolist()
    picture[row][column] = value
    return picture


@pytest.mark.parametrize(
    ("picture", "sentence"),
    [
        (7, "list of rows, and a row a list of pixels; this is a number"),
        ("7", "this is a string"),
        (None, "this is null"),
        (True, "this is a boolean"),
        ({"b64": ""}, "this is an object"),
        ([], "this is a list"),
        ([1, 2], "this is a list"),
        ([[[[0]]]], "this is nested 4 deep"),
        ([[]], "at least 8 × 8 pixels; this one has 1 rows of 0"),
        ([[], []], "2 rows of 0"),
        (BAR[:7].tolist(), "7 rows of 28"),
        (BAR[:, :3].tolist(), "28 rows of 3"),
        ([*BAR.tolist(), BAR[0, :-1].tolist()], "Row 28 has 27 pixels, and row 0 has 28"),
        ([BAR[0, :-1].tolist(), *BAR.tolist()], "Row 1 has 28 pixels, and row 0 has 27"),
        (changed(3, 4, "1"), "must be a number"),
        (changed(3, 4, None), "must be a number"),
        (changed(3, 4, True), "must be a number"),
        (changed(3, 4, [1]), "must be a number"),
        (changed(0, 0, [1]), "must be a number"),
        (changed(3, 4, 255.5), "from 0 to 255"),
        (changed(3, 4, 256), "from 0 to 255"),
        (changed(3, 4, -1), "from 0 to 255"),
        (changed(3, 4, -0.001), "from 0 to 255"),
        (changed(3, 4, 1e300), "from 0 to 255"),
        (changed(3, 4, 10**50), "from 0 to 255"),
        (np.zeros((8, 8, 2)).tolist(), "1, 3 or 4"),
        (np.zeros((8, 8, 5)).tolist(), "1, 3 or 4"),
        ([[[0, 0, 0]] * 8] * 7 + [[[0, 0, 0]] * 7 + [[0]]], "1, 3 or 4"),
        ([[[]] * 8] * 8, "1, 3 or 4"),
    ],
)
def test_what_is_no_picture_is_refused(picture: Any, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        read(picture)


def test_a_number_too_long_for_any_machine_is_refused() -> None:
    text = json.dumps(BAR.tolist()).replace("255", "1" + "0" * 400, 1)
    with pytest.raises(InvalidInput):
        nested.pixels(text.encode())
