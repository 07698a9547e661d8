import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from model.task import Task
from server.errors import InvalidInput
from server.predictor import Predictor
from server.rows.decode import RowReader
from server.tensors import Rows


def read(task: Task, records: list[Any]) -> Rows:
    return RowReader(task).many(json.dumps({"instances": records}).encode())


def test_objects_and_lists_give_the_same_rows(sign: Predictor) -> None:
    rows = read(sign.task, [{"y": 2, "x": 1.5}, [1.5, 2]])
    assert rows["input"].dtype == np.float32
    assert rows["input"].tolist() == [[1.5, 2.0], [1.5, 2.0]]


def test_strings_and_numbers_travel_as_a_tensor_each(price: Predictor) -> None:
    rows = read(price.task, [{"colour": "red", "size": 1}, ["blue", 0]])
    assert rows["colour"].tolist() == [["red"], ["blue"]]
    assert rows["size"].tolist() == [[1.0], [0.0]]


def test_a_missing_value_is_nan_where_it_may_be_missing(gap: Predictor) -> None:
    rows = read(gap.task, [{}, {"x": None}, [None], [3]])
    assert np.isnan(rows["input"][:3]).all()
    assert rows["input"][3] == 3


@pytest.mark.parametrize("zero", [0, 0.0, -0.0])
def test_zero_is_a_value(sign: Predictor, zero: float) -> None:
    assert read(sign.task, [[zero, zero]])["input"].tolist() == [[0, 0]]


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        ({"x": 1}, "lacks y"),
        ({}, "lacks x, y"),
        ({"x": 1, "y": 2, "z": 3}, "1 unknown field;"),
        ({"x": 1, "y": None}, "y must be a number, not null"),
        ({"x": 1, "y": "2"}, "y must be a number, not a string"),
        ({"x": True, "y": 2}, "x must be a number, not a boolean"),
        ({"x": [1], "y": 2}, "x must be a number, not a list"),
        ({"x": {"x": 1}, "y": 2}, "x must be a number, not an object"),
        ({"x": 1e39, "y": 2}, "x is too large a number for FP32"),
        ({"x": 10**400, "y": 2}, "x is too large a number"),
        ([1], "2 values, in this order: x, y; this one has 1"),
        ([1, 2, 3], "this one has 3"),
        (1, "must be an object with the fields x, y, not a number"),
        (None, "not null"),
    ],
)
def test_a_misfit_is_refused_with_the_field_and_the_row(sign: Predictor, record: object, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence) as alone:
        read(sign.task, [record])
    assert "Row" not in alone.value.sentence
    with pytest.raises(InvalidInput, match=f"^Row 1: .*{sentence}"):
        read(sign.task, [[1, 2], record, [3, 4]])


def test_no_rows_are_refused(sign: Predictor) -> None:
    with pytest.raises(InvalidInput, match="at least one row"):
        read(sign.task, [])


@pytest.mark.parametrize(("record", "sentence"), [(["red", "1"], "size must be a number"), ([1, 1], "colour must be")])
def test_the_types_of_mixed_rows_are_checked(price: Predictor, record: list[object], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        read(price.task, [record])


def test_a_string_that_the_model_knows_nothing_of_is_refused_where_it_takes_no_other(price: Predictor) -> None:
    colour, size = price.task.features
    closed = replace(price.task, features=(replace(colour, closed=True), size))
    assert read(closed, [["blue", 1]])["colour"].tolist() == [["blue"]]
    with pytest.raises(InvalidInput, match=r"^colour must be one of blue, red\.$"):
        read(closed, [["green", 1]])


def test_rows_as_text_are_rounded_to_the_nearest_number_of_the_datatype(sign: Predictor) -> None:
    values = [0.1, 1e-45, 16777217.0, 3.4028235e38, -1 / 3, 1e-320]
    rows = read(sign.task, [[value, 0] for value in values])
    assert rows["input"][:, 0].tolist() == np.array(values, np.float32).tolist()


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1" * 400, "3.5e38", "9" * 39 + ".5"])
def test_a_number_out_of_range_is_refused_by_name(sign: Predictor, number: str) -> None:
    with pytest.raises(InvalidInput, match=r"^y is too large a number"):
        RowReader(sign.task).one(b'{"x":1,"y":%b}' % number.encode())
    with pytest.raises(InvalidInput, match=r"^Row 1: y is too large a number"):
        RowReader(sign.task).many(b'{"instances":[[1,2],[1,%b]]}' % number.encode())


def test_a_number_out_of_range_is_found_among_missing_values(gap: Predictor) -> None:
    task = replace(gap.task, features=(replace(gap.task.features[0], datatype="FP32"),))
    with pytest.raises(InvalidInput, match=r"^Row 2: x is too large a number"):
        read(task, [[None], {"x": 3.4e38}, [1e39]])


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
    with pytest.raises(InvalidInput, match="same key twice"):
        reader.one(body)
    with pytest.raises(InvalidInput, match="same key twice"):
        reader.many(b'{"instances":[[1,2],%b]}' % body)


@pytest.mark.parametrize("rows", [b'{},{"x":1,"x":2}', b'{"x":null,"x":2}', b'[1]],"instances":[[2]'])
def test_a_field_left_out_does_not_hide_one_sent_twice(gap: Predictor, rows: bytes) -> None:
    with pytest.raises(InvalidInput, match="same key twice"):
        RowReader(gap.task).many(b'{"instances":[%b]}' % rows)


def test_other_keys_beside_the_rows_are_let_pass(sign: Predictor) -> None:
    body = b'{"signature_name":"a:b","instances":[{"x":1,"y":2},[1,2]],"more":{"instances":[]}}'
    assert RowReader(sign.task).many(body)["input"].tolist() == [[1, 2], [1, 2]]


def test_strings_may_look_like_json(price: Predictor) -> None:
    text = '": \\ {"colour":"'
    assert read(price.task, [{"colour": text, "size": 1}, ["é\u0000", 2]])["colour"].tolist() == [[text], ["é\u0000"]]
    assert RowReader(price.task).one(json.dumps({"colour": text, "size": 1}).encode())["colour"].item() == text


@pytest.mark.parametrize("name", ['size "', "a\\b", "a\nb", "a:b", "é", "type"])
def test_a_field_may_have_any_name(sign: Predictor, name: str) -> None:
    first, second = sign.task.features
    task = replace(sign.task, features=(replace(first, name=name), second), example={name: 1, "y": 2})
    row = {name: 1.5, "y": 2}
    assert read(task, [row, [1, 2]])["input"].tolist() == [[1.5, 2], [1, 2]]
    assert RowReader(task).one(json.dumps(row).encode())["input"].tolist() == [[1.5, 2]]
    with pytest.raises(InvalidInput, match="y must be a number, not null"):
        read(task, [{name: 1, "y": None}])
    body = json.dumps(row).encode()
    with pytest.raises(InvalidInput, match="same key twice"):
        RowReader(task).one(body[:-1] + b"," + body[1:])


def test_a_missing_string_is_empty_and_a_closed_feature_takes_it(price: Predictor) -> None:
    colour, size = price.task.features
    task = replace(price.task, features=(replace(colour, closed=True, optional=True), replace(size, optional=True)))
    rows = read(task, [{}, [None, None], {"colour": "", "size": 1}])
    assert rows["colour"].tolist() == [[""], [""], [""]]
    assert np.isnan(rows["size"][:2]).all()
