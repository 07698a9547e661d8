"""Booleans and codes: which values are taken, over each protocol, and how others are refused."""

import json
import struct
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from model.task import Task
from server.errors import InvalidReason
from server.predictor import Predictor
from server.rows import rest, v2
from server.rows.decode import RowReader
from server.v2.request import JSON_LENGTH
from tests.server.refusal import refusal

MEMBER = {"name": "member", "shape": [2, 1], "datatype": "BOOL", "data": [True, False]}
LEVEL = {"name": "level", "shape": [2, 1], "datatype": "FP32", "data": [1, 2.5]}
NOTE = {"name": "note", "shape": [2, 1], "datatype": "BYTES", "data": ["", "x"]}


def infer(predictor: Predictor, *tensors: Any, binary: bytes = b"") -> list[float]:
    head = json.dumps({"inputs": tensors}).encode()
    body, _ = v2.infer(predictor, head + binary, {JSON_LENGTH: b"%d" % len(head)} if binary else {})
    data: list[float] = json.loads(body)["outputs"][0]["data"]
    return data


def numeric(task: Task) -> Task:
    """Return the task without its text, so that the numbers are one tensor."""
    return replace(task, features=task.features[:2], example={"member": True, "level": 2.0})


@pytest.mark.parametrize(
    ("member", "prediction"), [(True, 21), (False, 20), (1, 21), (0.0, 20), (None, 19)], ids=json.dumps
)
def test_a_boolean_may_be_a_boolean_or_a_bit_in_every_json_protocol(
    club: Predictor, member: object, prediction: float
) -> None:
    row = {"member": member, "level": 2, "note": "x"}
    assert json.loads(rest.predict(club, json.dumps(row).encode(), {}).body) == {"prediction": prediction}
    body = json.dumps({"instances": [row, [member, 2, "x"]]}).encode()
    assert json.loads(rest.predict_batch(club, body, {}).body)["predictions"] == [{"prediction": prediction}] * 2
    assert json.loads(rest.predict_v1(club, body, {}).body)["predictions"] == [prediction] * 2


@pytest.mark.parametrize("make", [lambda task: task, numeric], ids=["tensors", "one tensor"])
@pytest.mark.parametrize(
    ("row", "reason", "sentence"),
    [
        ({"member": 2, "level": 2}, "unknown_category", "member must be true or false."),
        ({"member": 0.5, "level": 2}, "unknown_category", "member must be true or false."),
        ({"member": 1e-300, "level": 2}, "unknown_category", "member must be true or false."),
        ({"member": True, "level": 2.00000001}, "unknown_category", "level must be one of 1, 2, 2.5."),
        ({"member": "true", "level": 2}, "value_type", "member must be true or false, not a string."),
        ({"member": True, "level": 3}, "unknown_category", "level must be one of 1, 2, 2.5."),
        ({"member": True, "level": -1e30}, "unknown_category", "level must be one of 1, 2, 2.5."),
        ({"member": True, "level": 1e30}, "unknown_category", "level must be one of 1, 2, 2.5."),
        ({"member": True, "level": True}, "value_type", "level must be a number, not a boolean."),
        ({"member": True, "level": None}, "value_type", "level must be a number, not null."),
    ],
)
def test_any_other_value_is_refused(
    club: Predictor, make: Any, row: dict[str, object], reason: InvalidReason, sentence: str
) -> None:
    task = make(club.task)
    reader = RowReader(task)
    more = {"note": "x"} if len(task.features) > 2 else {}
    error = refusal(reader.read_one, json.dumps(row | more).encode())
    assert (error.reason, error.sentence) == (reason, sentence)
    good = {"member": False, "level": 1} | more
    error = refusal(reader.read_batch, json.dumps({"instances": [good, row | more, good]}).encode())
    assert (error.reason, error.sentence) == (reason, f"Row 1: {sentence}")


def test_a_boolean_tensor_may_have_the_datatype_bool(club: Predictor) -> None:
    assert infer(club, MEMBER, LEVEL, NOTE) == [11, 25]
    assert infer(club, MEMBER | {"data": [[True], [False]]}, LEVEL, NOTE) == [11, 25]
    assert infer(club, MEMBER | {"datatype": "FP32", "data": [1, 0]}, LEVEL, NOTE) == [11, 25]
    packed = {"name": "member", "shape": [2, 1], "datatype": "BOOL", "parameters": {"binary_data_size": 2}}
    assert infer(club, packed, LEVEL, NOTE, binary=b"\1\0") == [11, 25]
    missing = packed | {"datatype": "FP32", "parameters": {"binary_data_size": 8}}
    assert infer(club, missing, LEVEL, NOTE, binary=struct.pack("<2f", np.nan, 1)) == [9, 26]
    assert infer(club, MEMBER | {"data": [None, True]}, LEVEL, NOTE) == [9, 26]
    assert infer(club, MEMBER | {"datatype": "UINT8", "data": [1, 0]}, LEVEL, NOTE) == [11, 25]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"data": [1, 0]}, "value_type"),
        ({"data": [True]}, "shape"),
        ({"datatype": "FP32"}, "value_type"),
        ({"datatype": "FP32", "data": [1, 2]}, "unknown_category"),
        ({"datatype": "INT64", "data": [1, 2]}, "unknown_category"),
        ({"datatype": "BYTES", "data": ["1", "0"]}, "datatype"),
    ],
)
def test_a_wrong_boolean_tensor_is_refused(club: Predictor, change: dict[str, Any], reason: InvalidReason) -> None:
    assert refusal(infer, club, MEMBER | change, LEVEL, NOTE).reason == reason


def test_a_byte_other_than_0_and_1_is_no_boolean(club: Predictor) -> None:
    packed = {"name": "member", "shape": [2, 1], "datatype": "BOOL", "parameters": {"binary_data_size": 2}}

    def send() -> list[float]:
        return infer(club, packed, LEVEL, NOTE, binary=b"\1\2")

    assert refusal(send).reason == "unknown_category"


def test_codes_are_refused_in_tensors_with_their_row(club: Predictor, sign: Predictor) -> None:
    error = refusal(infer, club, MEMBER, LEVEL | {"data": [1, 2]}, NOTE | {"data": ["", 1]})
    assert error.reason == "value_type"
    error = refusal(infer, club, MEMBER, LEVEL | {"data": [2, 7]}, NOTE)
    assert (error.reason, error.sentence) == ("unknown_category", "Row 1: level must be one of 1, 2, 2.5.")
    sign.task = replace(sign.task, features=(sign.task.features[0], replace(sign.task.features[1], codes=(-1.0, 1.0))))
    tensor = {"name": "input", "shape": [2, 2], "datatype": "FP32", "data": [7, -1, 7, 7]}
    assert refusal(infer, sign, tensor).sentence == "Row 1: y must be one of -1, 1."
    packed = {"name": "input", "shape": [1, 2], "datatype": "FP32", "parameters": {"binary_data_size": 8}}
    assert infer(sign, packed, binary=struct.pack("<2f", 3, -1)) == [1]


def test_a_code_is_compared_in_the_precision_of_the_model(club: Predictor) -> None:
    member, level, note = club.task.features
    features = (member, replace(level, codes=(0.1, 16777217.0)), note)
    task = replace(club.task, features=features, example={"level": 0.1, "note": ""})
    assert RowReader(task).read_batch(b'{"instances":[[true,0.1,""],[true,16777217,""]]}')["level"].shape == (2, 1)
