import json
from dataclasses import replace
from typing import Any

import pytest

from model.task import Task
from server.errors import InvalidReason
from server.predictor import Predictor
from server.rows.decode import RowReader
from server.tensors import ModelInput
from tests.server.refusal import refusal


def read(task: Task, rows: list[Any]) -> ModelInput:
    return RowReader(task).read_batch(json.dumps({"instances": rows}).encode())


@pytest.mark.parametrize(
    ("row", "reason", "fact"),
    [
        ({"x": 1}, "missing_field", "lacks y."),
        ({}, "missing_field", "lacks x, y."),
        ({"x": 1, "y": 2, "z": 3}, "unknown_field", "1 unknown field."),
        ({"x": 1, "y": 2, "z": 3, "w": 4}, "unknown_field", "2 unknown fields."),
        ({"x": 1, "y": None}, "value_type", "y must be a number, not null"),
        ({"x": 1, "y": "2"}, "value_type", "y must be a number, not a string"),
        ({"x": True, "y": 2}, "value_type", "x must be a number, not a boolean"),
        ({"x": [1], "y": 2}, "value_type", "x must be a number, not a list"),
        ({"x": {"x": 1}, "y": 2}, "value_type", "x must be a number, not an object"),
        ({"x": 1e39, "y": 2}, "value_range", "x is too large for FP32"),
        ({"x": 10**400, "y": 2}, "value_range", "x is too large for FP32"),
        ([1], "structure", "2 values, not 1. Their order is x, y."),
        ([1, 2, 3], "structure", "2 values, not 3"),
        (1, "structure", "an object with the fields x, y, or a list of their values in this order, not a number"),
        (None, "structure", "not null"),
    ],
)
def test_an_invalid_row_is_refused_with_its_field_and_row(
    sign: Predictor, row: object, reason: InvalidReason, fact: str
) -> None:
    alone = refusal(read, sign.task, [row])
    assert alone.reason == reason
    assert fact in alone.sentence
    assert "Row" not in alone.sentence
    among_others = refusal(read, sign.task, [[1, 2], row, [3, 4]])
    assert among_others.reason == reason
    assert among_others.sentence == f"Row 1: {alone.sentence}"


@pytest.mark.parametrize(("row", "field"), [(["red", "1"], "size"), ([1, 1], "colour"), ([None, 1], "colour")])
def test_each_value_of_a_mixed_row_must_have_its_own_type(price: Predictor, row: list[object], field: str) -> None:
    error = refusal(read, price.task, [row])
    assert error.reason == "value_type"
    assert error.sentence.startswith(f"{field} must be a ")


def test_a_string_outside_closed_categories_is_refused_with_the_categories(price: Predictor) -> None:
    colour, size = price.task.features
    closed = replace(price.task, features=(replace(colour, closed=True), size))
    assert read(closed, [["blue", 1]])["colour"].tolist() == [["blue"]]
    error = refusal(read, closed, [["green", 1]])
    assert error.reason == "unknown_category"
    assert error.sentence == "colour must be one of blue, red."


@pytest.mark.parametrize(
    ("body", "reason", "fact"),
    [
        (b"[1,2]", "structure", "not a list. For several rows, use /predict/batch."),
        (b"null", "structure", "not null"),
        (b'{"instances":[[1,2]]}', "structure", "to /predict/batch; this path takes one row"),
        (b"", "empty_body", ""),
        (b"{", "invalid_json", ""),
    ],
)
def test_a_body_that_is_not_one_row_is_refused(sign: Predictor, body: bytes, reason: InvalidReason, fact: str) -> None:
    error = refusal(RowReader(sign.task).read_one, body)
    assert error.reason == reason
    assert fact in error.sentence


@pytest.mark.parametrize("body", [b"{}", b"[[1,2]]", b'{"instances":{"x":1,"y":2}}', b'{"inputs":[[1,2]]}', b"7"])
def test_a_batch_without_a_list_of_instances_is_refused(sign: Predictor, body: bytes) -> None:
    error = refusal(RowReader(sign.task).read_batch, body)
    assert error.reason == "structure"
    assert '{"instances": [row, …]}' in error.sentence


def test_a_batch_sent_to_the_path_of_one_row_is_told_the_other_path(sign: Predictor) -> None:
    error = refusal(RowReader(sign.task).read_one, b'{"instances":[{"x":1,"y":2}]}')
    assert error.reason == "structure"
    assert error.sentence == 'Send {"instances": [row, …]} to /predict/batch; this path takes one row.'
    first, second = sign.task.features
    named = replace(
        sign.task, features=(replace(first, name="instances"), second), example={"instances": 3.0, "y": -1.0}
    )
    assert "lacks y" in refusal(RowReader(named).read_one, b'{"instances":1}').sentence
