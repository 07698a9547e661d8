import json
import struct
from typing import Any

import numpy as np
import pytest

from model.image.digit import INVERTED
from server.errors import InvalidInput, UnsupportedMediaType
from server.pictures.v2 import Infer
from server.predictor import Predictor
from server.v2.body import JSON_LENGTH
from tests.server.pictures.images import BAR, BLOCK, base64, png

PAIR = np.stack([BAR, BLOCK]).astype("<f4") / np.float32(255)
NUMBERS = {"name": "input", "shape": [2, 28, 28], "datatype": "FP32", "data": PAIR.ravel().tolist()}
FILES = {"name": "input", "shape": [2], "datatype": "BYTES", "data": [base64(png(BAR)), base64(png(BLOCK))]}


@pytest.fixture
def infer(ink: Predictor) -> Infer:
    assert ink.task.picture
    return Infer(ink, ink.task.picture)


def asked(infer: Infer, tensor: dict[str, Any], binary: bytes | None = None, **more: Any) -> Any:
    head = json.dumps({"inputs": [tensor], **more}).encode()
    headers = {} if binary is None else {JSON_LENGTH: b"%d" % len(head)}
    body, _ = infer(head + (binary or b""), headers)
    return json.loads(body)


def outputs(answer: Any) -> dict[str, Any]:
    return {output["name"]: output["data"] for output in answer["outputs"]}


def in_binary(tensor: dict[str, Any], size: int) -> dict[str, Any]:
    return {name: value for name, value in tensor.items() if name != "data"} | {
        "parameters": {"binary_data_size": size}
    }


def test_numbers_are_taken_in_any_of_their_shapes(infer: Infer) -> None:
    flat = asked(infer, NUMBERS)
    assert outputs(flat)["prediction"] == [0, 1]
    assert outputs(flat)["strangeness"] == pytest.approx([10 * picture.mean() for picture in PAIR])
    assert outputs(flat)["warnings"] == ["", ""]
    assert [output["shape"] for output in flat["outputs"]] == [[2], [2, 2], [2], [2]]
    for shape in ([2, 28, 28], [2, 1, 28, 28], [2, 28, 28, 1]):
        for data in (PAIR.reshape(shape), PAIR):
            if data.ndim in (3, len(shape)) and list(data.shape) == shape:
                nested = asked(infer, NUMBERS | {"shape": shape, "data": data.tolist()})
                assert outputs(nested) == outputs(flat)
        given = asked(infer, in_binary(NUMBERS | {"shape": shape}, PAIR.nbytes), PAIR.tobytes())
        assert outputs(given) == outputs(flat)


def test_files_are_taken_in_base64_and_as_they_are(infer: Infer) -> None:
    expected = outputs(asked(infer, NUMBERS))
    assert outputs(asked(infer, FILES)) == expected
    assert outputs(asked(infer, FILES | {"shape": [2, 1], "datatype": "bytes"})) == expected
    packed = b"".join(struct.pack("<I", len(file)) + file for file in (png(BAR), png(BLOCK)))
    assert outputs(asked(infer, in_binary(FILES, len(packed)), packed)) == expected


def test_warnings_are_an_output(infer: Infer) -> None:
    data = [base64(png(255 - BAR)), base64(png(BAR))]
    answer = asked(infer, FILES | {"data": data}, outputs=[{"name": "warnings"}])
    (output,) = answer["outputs"]
    assert (output["datatype"], output["shape"]) == ("BYTES", [2])
    assert output["data"][0].startswith(INVERTED)
    assert output["data"][1] == ""


@pytest.mark.parametrize(
    ("tensor", "sentence"),
    [
        (NUMBERS | {"name": "x"}, "must have the input input, once"),
        (NUMBERS | {"datatype": "UINT8"}, "has the datatype FP32, or BYTES"),
        (NUMBERS | {"shape": [2, 28, 27]}, r"shape \[pictures, 28, 28\]"),
        (NUMBERS | {"shape": [0, 28, 28], "data": []}, r"shape \[pictures, 28, 28\]"),
        (NUMBERS | {"shape": [-2, 28, 28]}, r"shape \[pictures, 28, 28\]"),
        (NUMBERS | {"shape": [2, 784]}, r"shape \[pictures, 28, 28\]"),
        (NUMBERS | {"shape": []}, r"shape \[pictures, 28, 28\]"),
        (NUMBERS | {"shape": [2, 3, 28, 28]}, r"shape \[pictures, 28, 28\]"),
        (NUMBERS | {"shape": [3, 28, 28]}, "disagree"),
        (NUMBERS | {"data": PAIR.ravel().tolist()[1:]}, "disagree"),
        (NUMBERS | {"data": PAIR[:, 1:].tolist()}, "disagree"),
        (NUMBERS | {"data": PAIR[1:].tolist()}, "disagree"),
        (NUMBERS | {"shape": [2, 1, 28, 28], "data": PAIR.tolist()}, "disagree"),
        (NUMBERS | {"data": None}, "list of numbers"),
        (NUMBERS | {"data": "AAAA"}, "list of numbers"),
        (NUMBERS | {"data": [True] * 1568}, "list of numbers"),
        (NUMBERS | {"data": (PAIR * 255).ravel().tolist()}, "from 0 .black. to 1 .white."),
        (NUMBERS | {"data": (PAIR - 0.001).ravel().tolist()}, "from 0 .black. to 1 .white."),
        (NUMBERS | {"data": [1e300] * 1568}, "from 0 .black. to 1 .white."),
        (FILES | {"shape": [2, 2]}, r"shape \[pictures\]"),
        (FILES | {"shape": []}, r"shape \[pictures\]"),
        (FILES | {"shape": [0], "data": []}, r"shape \[pictures\]"),
        (FILES | {"shape": [3]}, "disagree"),
        (FILES | {"data": [1, 2]}, "list of strings"),
        (FILES | {"data": None}, "list of strings"),
        (FILES | {"data": ["AAAA", "AA"]}, "Picture 1: The picture is not base64"),
        (FILES | {"data": [FILES["data"][0], "AAAA"]}, "Picture 1: The bytes are not a picture"),
    ],
)
def test_a_misfit_is_refused(infer: Infer, tensor: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        asked(infer, tensor)


def test_a_picture_in_another_format_keeps_its_status(infer: Infer) -> None:
    with pytest.raises(UnsupportedMediaType, match="is a GIF"):
        asked(infer, FILES | {"shape": [1], "data": [base64(b"GIF89a")]})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 1.5])
def test_a_binary_number_that_is_no_grey_is_refused(infer: Infer, value: float) -> None:
    numbers = PAIR.copy()
    numbers[1, 2, 3] = value
    with pytest.raises(InvalidInput, match="from 0"):
        asked(infer, in_binary(NUMBERS, numbers.nbytes), numbers.tobytes())


@pytest.mark.parametrize(
    ("tensor", "binary", "sentence"),
    [
        (in_binary(NUMBERS, 12), bytes(12), "12 bytes do not fill the shape"),
        (in_binary(NUMBERS, PAIR.nbytes), PAIR.tobytes() + b"x", "1 bytes longer"),
        (in_binary(NUMBERS, -1), b"", "number of bytes"),
        (NUMBERS | in_binary(NUMBERS, PAIR.nbytes), PAIR.tobytes(), "with no data beside it"),
        (in_binary(FILES, 6), b"\1\0\0\0xx", "do not fill"),
        (in_binary(FILES, 4), b"\xff\xff\xff\xff", "do not fill"),
    ],
)
def test_bytes_that_do_not_fit_are_refused(infer: Infer, tensor: dict[str, Any], binary: bytes, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        asked(infer, tensor, binary)


def test_there_is_one_input(infer: Infer) -> None:
    with pytest.raises(InvalidInput, match="once"):
        infer(json.dumps({"inputs": [NUMBERS, NUMBERS]}).encode(), {})
    with pytest.raises(InvalidInput, match="once"):
        infer(json.dumps({"inputs": []}).encode(), {})
