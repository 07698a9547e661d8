"""The forms in which clients of scikit-learn, pandas and Triton send rows to a model."""

import json
import struct
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from kserve import InferInput, InferRequest

from server.predictor import Predictor
from server.rows import v2
from server.rows.v2_inputs import InputReader
from server.v2.encoding import HTTP
from server.v2.request import JSON_LENGTH
from tests.server.refusal import refusal

WHOLE = {JSON_LENGTH: b"0"}
FRAME = pd.DataFrame({"y": [1, 1], "x": [1.5, -3.5]})  # whole numbers beside others, not in the model's order


def infer(predictor: Predictor, *inputs: dict[str, Any], binary: bytes = b"", **more: Any) -> list[Any]:
    head = json.dumps({"inputs": inputs, **more}).encode()
    answer = v2.infer(predictor, head + binary, {JSON_LENGTH: b"%d" % len(head)} if binary else {})
    data: list[Any] = json.loads(answer.body)["outputs"][0]["data"]
    return data


def columns(frame: pd.DataFrame, shape: list[int]) -> list[dict[str, Any]]:
    datatypes = {"int64": "INT64", "float64": "FP64", "bool": "BOOL", "object": "BYTES"}
    return [
        {"name": name, "shape": shape, "datatype": datatypes[str(column.dtype)], "data": column.to_list()}
        for name, column in frame.items()
    ]


@pytest.mark.parametrize("name", ["input-0", "predict", "float_input", ""])
@pytest.mark.parametrize("content_type", ["np", "pd", None])
def test_the_one_matrix_may_have_any_name(sign: Predictor, name: str, content_type: str | None) -> None:
    tensor = {"name": name, "shape": [2, 2], "datatype": "FP64", "data": [[1, 1], [-3, 1]]}
    parameters: dict[str, Any] = {"parameters": {"content_type": content_type}} if content_type else {}
    assert infer(sign, tensor | parameters, **parameters) == [1, 0]


def test_a_refusal_does_not_repeat_the_name(sign: Predictor) -> None:
    tensor: dict[str, Any] = {"name": "input-0", "shape": [2, 2], "datatype": "FP64", "data": [1]}
    assert refusal(infer, sign, tensor).sentence == "Input 'input': data and shape disagree."
    tensor["parameters"] = {"binary_data_size": 99}
    assert refusal(partial(infer, sign, tensor, binary=b"1")).sentence.startswith("Input 'input': binary_data_size")


@pytest.mark.parametrize("shape", [[2], [2, 1]])
@pytest.mark.parametrize("content_type", ["pd", None])
def test_a_tensor_for_each_column_is_read_by_name(
    sign: Predictor, price: Predictor, shape: list[int], content_type: str | None
) -> None:
    parameters: dict[str, Any] = {"parameters": {"content_type": content_type}} if content_type else {}
    assert infer(sign, *columns(FRAME, shape), **parameters) == [1, 0]
    assert infer(sign, *columns(FRAME[["x", "y"]], shape), **parameters) == [1, 0]
    mixed = pd.DataFrame({"size": [1, 2], "colour": pd.Series(["red", "blue"], dtype=object)})
    assert infer(price, *columns(mixed, shape), **parameters) == [2, 4]


def test_columns_may_be_binary(sign: Predictor) -> None:
    tensors = [
        {"name": "y", "shape": [2], "datatype": "INT32", "parameters": {"binary_data_size": 8}},
        {"name": "x", "shape": [2, 1], "datatype": "FP64", "parameters": {"binary_data_size": 16}},
    ]
    assert infer(sign, *tensors, binary=struct.pack("<2i2d", 1, 1, 1.5, -3.5)) == [1, 0]


def test_kserves_own_request_of_a_data_frame_is_read(sign: Predictor) -> None:
    inputs = []
    for name, column in FRAME.items():
        tensor = InferInput(str(name), [len(column)], "INT64" if name == "y" else "FP64")
        tensor.set_data_from_numpy(column.to_numpy(), binary_data=True)
        inputs.append(tensor)
    body, length = InferRequest("sign", inputs, parameters={"content_type": "pd"}).to_rest()
    answer = v2.infer(sign, body, {JSON_LENGTH: b"%d" % length})
    assert json.loads(answer.body)["outputs"][0]["data"] == [1, 0]


@pytest.mark.parametrize("names", [["x"], ["y"], ["x", "x"], ["x", "y", "y"], ["x", "z"], ["input", "y"], ["a", "b"]])
def test_missing_unknown_and_repeated_columns_are_refused(sign: Predictor, names: list[str]) -> None:
    tensors = [{"name": name, "shape": [1], "datatype": "FP64", "data": [1]} for name in names]
    error = refusal(infer, sign, *tensors)
    assert error.reason == "inputs"
    assert error.sentence == "Send exactly these inputs, each once: x, y. Or send one, input, with all 2 columns."


def test_columns_of_different_lengths_are_refused(sign: Predictor) -> None:
    x, y = columns(FRAME, [2])
    assert refusal(infer, sign, x, y | {"shape": [1], "data": [1]}).reason == "shape"


def test_a_whole_body_is_the_rows_of_the_one_input(sign: Predictor, gap: Predictor) -> None:
    rows = struct.pack("<6f", 1, 1, -3, 1, 2, 2)
    assert json.loads(v2.infer(sign, rows, WHOLE).body)["outputs"][0]["data"] == [1, 0, 1]
    missing = np.array([np.nan, 2.5]).tobytes()
    assert json.loads(v2.infer(gap, missing, WHOLE).body)["outputs"][0]["data"] == [-1, 2.5]


def test_a_whole_body_that_is_no_rows_is_refused(sign: Predictor, price: Predictor) -> None:
    for body in (b"\0" * 9, b"1", b'{"inputs":[{"name":"x"}]}\n'.ljust(32), b"{" + b" " * 14 + b"}"):
        error = refusal(v2.infer, sign, body, WHOLE)
        assert error.reason == "binary_data"
        assert "each of 2 numbers of FP32, 8 bytes in all" in error.sentence
    assert refusal(v2.infer, sign, struct.pack("<2f", 1, np.inf), WHOLE).reason == "value_range"
    assert refusal(v2.infer, sign, b"", WHOLE).reason == "empty_body"
    error = refusal(v2.infer, price, b"\0" * 8, WHOLE)
    assert (error.reason, error.sentence) == ("inputs", "Send exactly these inputs, each once: colour, size.")


def test_a_whole_body_may_be_the_one_text(price: Predictor) -> None:
    colour, _ = price.task.features
    reader = InputReader(replace(price.task, features=(colour,), example={"colour": "red"}), price.inputs[:1])
    request, body = HTTP.read("réd".encode(), WHOLE)
    assert reader.read(request.inputs, body)["colour"].tolist() == [["réd"]]
    request, body = HTTP.read(b"\xff", WHOLE)
    assert refusal(reader.read, request.inputs, body).reason == "value_type"
