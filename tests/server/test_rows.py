from dataclasses import replace

import numpy as np
import pytest

from server.errors import BadInput
from server.predictor import Predictor
from server.rows import RowReader


def test_objects_and_lists_give_the_same_rows(sign: Predictor) -> None:
    rows = RowReader(sign.task).from_records([{"y": 2, "x": 1.5}, [1.5, 2]])
    assert rows["input"].dtype == np.float32
    assert rows["input"].tolist() == [[1.5, 2.0], [1.5, 2.0]]


def test_strings_and_numbers_travel_as_a_tensor_each(price: Predictor) -> None:
    rows = RowReader(price.task).from_records([{"colour": "red", "size": 1}, ["blue", 0]])
    assert rows["colour"].tolist() == [["red"], ["blue"]]
    assert rows["size"].tolist() == [[1.0], [0.0]]


def test_a_missing_value_is_nan_where_it_may_be_missing(gap: Predictor) -> None:
    rows = RowReader(gap.task).from_records([{}, {"x": None}, [None], [3]])
    assert np.isnan(rows["input"][:3]).all()
    assert rows["input"][3] == 3


@pytest.mark.parametrize("zero", [0, 0.0, -0.0])
def test_zero_is_a_value(sign: Predictor, zero: float) -> None:
    assert RowReader(sign.task).from_records([[zero, zero]])["input"].tolist() == [[0, 0]]


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
    with pytest.raises(BadInput, match=sentence) as alone:
        RowReader(sign.task).from_records([record])
    assert "Row" not in alone.value.sentence
    with pytest.raises(BadInput, match=f"^Row 1: .*{sentence}"):
        RowReader(sign.task).from_records([[1, 2], record, [3, 4]])


def test_no_rows_are_refused(sign: Predictor) -> None:
    with pytest.raises(BadInput, match="at least one row"):
        RowReader(sign.task).from_records([])


@pytest.mark.parametrize(("record", "sentence"), [(["red", "1"], "size must be a number"), ([1, 1], "colour must be")])
def test_the_types_of_mixed_rows_are_checked(price: Predictor, record: list[object], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        RowReader(price.task).from_records([record])


def test_a_string_that_the_model_knows_nothing_of_is_refused_where_it_takes_no_other(price: Predictor) -> None:
    colour, size = price.task.features
    closed = replace(price.task, features=(replace(colour, closed=True), size))
    assert RowReader(closed).from_records([["blue", 1]])["colour"].tolist() == [["blue"]]
    with pytest.raises(BadInput, match=r"^colour must be one of blue, red\.$"):
        RowReader(closed).from_records([["green", 1]])
