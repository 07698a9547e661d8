import json
import struct
from typing import Any

import numpy as np
import pytest

from model.image.digit import EMPTY, INVERTED
from server.errors import InvalidInput
from server.pictures.v2 import NO_CLASS, V2Handler
from server.predictor import Predictor
from server.v2.request import JSON_LENGTH
from tests.server.pictures.images import BAR, BLOCK, base64, png
from tests.server.pictures.refusals import refused

PAIR = np.stack([BAR, BLOCK]).astype("<f4") / np.float32(255)
NUMBERS = {"name": "input", "shape": [2, 28, 28], "datatype": "FP32", "data": PAIR.ravel().tolist()}
FILES = {"name": "input", "shape": [2], "datatype": "BYTES", "data": [base64(png(BAR)), base64(png(BLOCK))]}


@pytest.fixture
def infer(ink: Predictor) -> V2Handler:
    assert ink.task.picture
    return V2Handler(ink, ink.task.picture)


def ask(infer: V2Handler, tensor: dict[str, Any], binary: bytes | None = None, **more: Any) -> Any:
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


def test_numbers_are_accepted_in_any_of_their_shapes(infer: V2Handler) -> None:
    flat = ask(infer, NUMBERS)
    assert outputs(flat)["prediction"] == [0, 1]
    assert outputs(flat)["strangeness"] == pytest.approx([10 * picture.mean() for picture in PAIR])
    for name in ("notes", "alarms", "warnings"):
        assert outputs(flat)[name] == ["", ""]
    assert [output["shape"] for output in flat["outputs"]] == [[2], [2, 2], [2], [2], [2], [2]]
    for shape in ([2, 28, 28], [2, 1, 28, 28], [2, 28, 28, 1]):
        for data in (PAIR.reshape(shape), PAIR):
            if data.ndim in (3, len(shape)) and list(data.shape) == shape:
                nested = ask(infer, NUMBERS | {"shape": shape, "data": data.tolist()})
                assert outputs(nested) == outputs(flat)
        given = ask(infer, in_binary(NUMBERS | {"shape": shape}, PAIR.nbytes), PAIR.tobytes())
        assert outputs(given) == outputs(flat)


def test_files_are_accepted_in_base64_and_in_binary(infer: V2Handler) -> None:
    expected = outputs(ask(infer, NUMBERS))
    assert outputs(ask(infer, FILES)) == expected
    assert outputs(ask(infer, FILES | {"shape": [2, 1], "datatype": "bytes"})) == expected
    packed = b"".join(struct.pack("<I", len(file)) + file for file in (png(BAR), png(BLOCK)))
    assert outputs(ask(infer, in_binary(FILES, len(packed)), packed)) == expected


def test_the_one_input_may_have_any_name(infer: V2Handler) -> None:
    assert outputs(ask(infer, FILES | {"name": "input-0"})) == outputs(ask(infer, FILES))
    with pytest.raises(InvalidInput, match=r"^Input 'input': data must be"):
        ask(infer, FILES | {"name": "input-0", "data": 7})


def test_a_whole_body_is_one_picture(infer: V2Handler) -> None:
    body, _ = infer(png(BLOCK), {JSON_LENGTH: b"0"})
    assert outputs(json.loads(body))["prediction"] == [1]
    with refused("picture_format"):
        infer(b"x", {JSON_LENGTH: b"0"})
    with refused("empty_body"):
        infer(b"", {JSON_LENGTH: b"0"})


def test_notes_and_alarms_are_outputs(infer: V2Handler) -> None:
    names = ("prediction", "notes", "alarms", "warnings")
    data = [base64(png(picture)) for picture in (255 - BAR, BAR, 0 * BAR)]
    asked = [{"name": name} for name in names]
    answer = outputs(ask(infer, FILES | {"shape": [3], "data": data}, outputs=asked))
    assert answer == {
        "prediction": [0, 0, NO_CLASS],
        "notes": [INVERTED, "", ""],
        "alarms": ["", "", "blank"],
        "warnings": [INVERTED, "", EMPTY.sentence],
    }


@pytest.mark.parametrize(
    ("tensor", "reason", "fact"),
    [
        (NUMBERS | {"datatype": "UINT8"}, "datatype", "FP32"),
        (NUMBERS | {"shape": [2, 28, 27]}, "shape", "[n, 28, 28]"),
        (NUMBERS | {"shape": [0, 28, 28], "data": []}, "shape", "[n, 28, 28]"),
        (NUMBERS | {"shape": [-2, 28, 28]}, "shape", "[n, 28, 28]"),
        (NUMBERS | {"shape": [2, 784]}, "shape", "[n, 28, 28]"),
        (NUMBERS | {"shape": []}, "shape", "[n, 28, 28]"),
        (NUMBERS | {"shape": [2, 3, 28, 28]}, "shape", "[n, 28, 28]"),
        (NUMBERS | {"data": None}, "value_type", "list of numbers"),
        (NUMBERS | {"data": "AAAA"}, "value_type", "list of numbers"),
        (NUMBERS | {"data": [True] * 1568}, "value_type", "list of numbers"),
        (NUMBERS | {"data": (PAIR * 255).ravel().tolist()}, "value_range", "between 0 (black) and 1 (white)"),
        (NUMBERS | {"data": (PAIR - 0.001).ravel().tolist()}, "value_range", "between 0 (black) and 1 (white)"),
        (NUMBERS | {"data": [1e300] * 1568}, "value_range", "between 0 (black) and 1 (white)"),
        (FILES | {"shape": [2, 2]}, "shape", "[n]"),
        (FILES | {"shape": []}, "shape", "[n]"),
        (FILES | {"shape": [0], "data": []}, "shape", "[n]"),
        (FILES | {"data": [1, 2]}, "value_type", "list of strings"),
        (FILES | {"data": None}, "value_type", "list of strings"),
        (FILES | {"shape": [1, 1], "data": [FILES["data"]]}, "shape", "disagree"),
        (FILES | {"data": ["AAAA", "AA"]}, "base64", "Picture 1: "),
        (FILES | {"data": [FILES["data"][0], "AAAA"]}, "picture_format", "Picture 1: "),
    ],
)
def test_an_unsuitable_tensor_is_refused(infer: V2Handler, tensor: dict[str, Any], reason: str, fact: str) -> None:
    with refused(reason, fact):
        ask(infer, tensor)


@pytest.mark.parametrize(
    "tensor",
    [
        NUMBERS | {"shape": [3, 28, 28]},
        NUMBERS | {"data": PAIR.ravel().tolist()[1:]},
        NUMBERS | {"data": PAIR[:, 1:].tolist()},
        NUMBERS | {"data": PAIR[1:].tolist()},
        NUMBERS | {"shape": [2, 1, 28, 28], "data": PAIR.tolist()},
        FILES | {"shape": [3]},
        FILES | {"data": [[file] for file in FILES["data"]]},
    ],
)
def test_data_that_do_not_fill_the_shape_are_refused(infer: V2Handler, tensor: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="disagree"):
        ask(infer, tensor)


def test_files_may_be_nested_as_their_shape_says(infer: V2Handler) -> None:
    nested = {"shape": [2, 1], "data": [[file] for file in FILES["data"]]}
    assert outputs(ask(infer, FILES | nested)) == outputs(ask(infer, FILES))


def test_a_picture_in_another_format_keeps_its_status(infer: V2Handler) -> None:
    with refused("media_type", "is a GIF", status=415):
        ask(infer, FILES | {"shape": [1], "data": [base64(b"GIF89a")]})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 1.5])
def test_binary_numbers_out_of_range_are_refused(infer: V2Handler, value: float) -> None:
    numbers = PAIR.copy()
    numbers[1, 2, 3] = value
    with refused("value_range"):
        ask(infer, in_binary(NUMBERS, numbers.nbytes), numbers.tobytes())


@pytest.mark.parametrize(
    ("tensor", "binary", "sentence"),
    [
        (in_binary(NUMBERS, 12), bytes(12), "12 bytes do not fill the shape"),
        (in_binary(NUMBERS, PAIR.nbytes), PAIR.tobytes() + b"x", "1 bytes longer"),
        (in_binary(NUMBERS, -1), b"", "number of its bytes"),
        (NUMBERS | in_binary(NUMBERS, PAIR.nbytes), PAIR.tobytes(), "no data in the JSON"),
        (in_binary(FILES, 6), b"\1\0\0\0xx", "do not fill"),
        (in_binary(FILES, 4), b"\xff\xff\xff\xff", "do not fill"),
    ],
)
def test_binary_data_of_the_wrong_length_are_refused(
    infer: V2Handler, tensor: dict[str, Any], binary: bytes, sentence: str
) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        ask(infer, tensor, binary)


def test_exactly_one_input_is_required(infer: V2Handler) -> None:
    with refused("inputs"):
        infer(json.dumps({"inputs": [NUMBERS, NUMBERS]}).encode(), {})
    with refused("inputs"):
        infer(json.dumps({"inputs": []}).encode(), {})
