import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from model.task import Task
from server.predictor import Predictor
from server.rows.decode import RowReader
from server.tensors import ModelInput
from tests.server.refusal import refusal


def read(task: Task, rows: list[Any]) -> ModelInput:
    return RowReader(task).read_batch(json.dumps({"instances": rows}).encode())


def test_objects_and_lists_are_decoded_to_the_same_rows(sign: Predictor) -> None:
    rows = read(sign.task, [{"y": 2, "x": 1.5}, [1.5, 2]])
    assert rows["input"].dtype == np.float32
    assert rows["input"].tolist() == [[1.5, 2.0], [1.5, 2.0]]


def test_mixed_features_are_one_tensor_each(price: Predictor) -> None:
    rows = read(price.task, [{"colour": "red", "size": 1}, ["blue", 0]])
    assert rows["colour"].tolist() == [["red"], ["blue"]]
    assert rows["size"].tolist() == [[1.0], [0.0]]


def test_a_missing_value_of_an_optional_feature_is_nan(gap: Predictor) -> None:
    rows = read(gap.task, [{}, {"x": None}, [None], [3]])
    assert np.isnan(rows["input"][:3]).all()
    assert rows["input"][3] == 3


def test_a_missing_value_of_an_optional_string_is_empty_even_if_the_categories_are_closed(price: Predictor) -> None:
    colour, size = price.task.features
    task = replace(price.task, features=(replace(colour, closed=True, optional=True), replace(size, optional=True)))
    rows = read(task, [{}, [None, None], {"colour": "", "size": 1}])
    assert rows["colour"].tolist() == [[""], [""], [""]]
    assert np.isnan(rows["size"][:2]).all()


@pytest.mark.parametrize("zero", [0, 0.0, -0.0])
def test_zero_is_not_a_missing_value(sign: Predictor, zero: float) -> None:
    assert read(sign.task, [[zero, zero]])["input"].tolist() == [[0, 0]]


def test_an_empty_batch_is_refused(sign: Predictor) -> None:
    assert refusal(read, sign.task, []).reason == "empty_list"


def test_numbers_are_rounded_to_the_nearest_float32(sign: Predictor) -> None:
    values = [0.1, 1e-45, 16777217.0, 3.4028235e38, -1 / 3, 1e-320]
    rows = read(sign.task, [[value, 0] for value in values])
    assert rows["input"][:, 0].tolist() == np.array(values, np.float32).tolist()


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1" * 400, "3.5e38", "9" * 39 + ".5"])
def test_a_number_out_of_range_is_refused_with_its_field_and_row(sign: Predictor, number: str) -> None:
    error = refusal(RowReader(sign.task).read_one, b'{"x":1,"y":%b}' % number.encode())
    assert error.reason == "value_range"
    assert error.sentence.startswith("y ")
    assert "FP32" in error.sentence
    error = refusal(RowReader(sign.task).read_batch, b'{"instances":[[1,2],[1,%b]]}' % number.encode())
    assert error.reason == "value_range"
    assert error.sentence.startswith("Row 1: y ")


def test_a_number_out_of_range_is_found_among_missing_values(gap: Predictor) -> None:
    task = replace(gap.task, features=(replace(gap.task.features[0], datatype="FP32"),))
    error = refusal(read, task, [[None], {"x": 3.4e38}, [1e39]])
    assert error.reason == "value_range"
    assert error.sentence.startswith("Row 2: x ")


@pytest.mark.parametrize(
    "body",
    [
        b'{"x":1,"y":2,"x":3}',
        b'{"x":1,"y":2,"\\u0078":1}',
        b'{"x" : 1, "y" :2,"y": 2}',
    ],
)
def test_a_field_sent_twice_is_refused(sign: Predictor, body: bytes) -> None:
    reader = RowReader(sign.task)
    assert refusal(reader.read_one, body).reason == "duplicate_key"
    assert refusal(reader.read_batch, b'{"instances":[[1,2],%b]}' % body).reason == "duplicate_key"


@pytest.mark.parametrize("rows", [b'{},{"x":1,"x":2}', b'{"x":null,"x":2}', b'[1]],"instances":[[2]'])
def test_an_absent_field_does_not_hide_a_duplicate(gap: Predictor, rows: bytes) -> None:
    assert refusal(RowReader(gap.task).read_batch, b'{"instances":[%b]}' % rows).reason == "duplicate_key"


def test_keys_other_than_instances_are_ignored(sign: Predictor) -> None:
    body = b'{"signature_name":"a:b","instances":[{"x":1,"y":2},[1,2]],"more":{"instances":[]}}'
    assert RowReader(sign.task).read_batch(body)["input"].tolist() == [[1, 2], [1, 2]]


def test_strings_that_look_like_json_are_decoded_as_strings(price: Predictor) -> None:
    text = '": \\ {"colour":"'
    assert read(price.task, [{"colour": text, "size": 1}, ["é\u0000", 2]])["colour"].tolist() == [[text], ["é\u0000"]]
    body = json.dumps({"colour": text, "size": 1}).encode()
    assert RowReader(price.task).read_one(body)["colour"].item() == text


@pytest.mark.parametrize("name", ['size "', "a\\b", "a\nb", "a:b", "é", "type"])
def test_a_field_may_have_any_name(sign: Predictor, name: str) -> None:
    first, second = sign.task.features
    task = replace(sign.task, features=(replace(first, name=name), second), example={name: 1, "y": 2})
    row = {name: 1.5, "y": 2}
    assert read(task, [row, [1, 2]])["input"].tolist() == [[1.5, 2], [1, 2]]
    assert RowReader(task).read_one(json.dumps(row).encode())["input"].tolist() == [[1.5, 2]]
    error = refusal(read, task, [{name: 1, "y": None}])
    assert error.reason == "value_type"
    assert error.sentence.startswith("y ")
    body = json.dumps(row).encode()
    assert refusal(RowReader(task).read_one, body[:-1] + b"," + body[1:]).reason == "duplicate_key"
