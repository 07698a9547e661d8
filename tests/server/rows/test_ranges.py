"""A row outside the training data gets its prediction, and warnings that name the features."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from model.task import Feature, Task
from server.predictor import Predictor
from server.rows import rest, v2
from server.rows.ranges import TrainingRanges

X = "x is outside the range seen in training, -10 to 10."


def ranges(*features: Feature) -> TrainingRanges:
    example = {feature.name: 0.0 if feature.is_number else (*feature.categories, "a")[0] for feature in features}
    return TrainingRanges(Task("t", "T", "1", "regression", features, example))


def matrix(*rows: list[float]) -> Any:
    return {"input": np.array(rows, np.float32)}


def test_a_row_within_the_ranges_gets_no_warning(sign: Predictor) -> None:
    assert TrainingRanges(sign.task).warnings(matrix([10, -30])) == ()
    assert TrainingRanges(sign.task).warnings(matrix([-10, -30], [0, 0])) == ()


@pytest.mark.parametrize("number", [10.01, -11, 1e30, float("inf")])
def test_a_warning_names_the_feature_and_its_range(sign: Predictor, number: float) -> None:
    assert TrainingRanges(sign.task).warnings(matrix([number, 0])) == [[X]]
    assert TrainingRanges(sign.task).warnings(matrix([0, 0], [number, 0], [0, 0])) == [[], [X], []]


@pytest.mark.parametrize("datatype", ["FP32", "FP64"])
def test_the_ends_of_a_range_are_within_it_whatever_the_rounding(datatype: Any) -> None:
    seen = ranges(Feature("x", datatype, minimum=0.1, maximum=0.7))
    ends = np.array([[0.1], [0.7]], np.float32 if datatype == "FP32" else np.float64)
    assert seen.warnings({"input": ends}) == ()
    assert seen.warnings({"input": ends[:1]}) == seen.warnings({"input": ends[1:]}) == ()


def test_a_missing_value_and_a_feature_without_a_range_get_no_warning() -> None:
    seen = ranges(Feature("x", "FP32", minimum=0, maximum=1, optional=True), Feature("y", "FP32"))
    assert seen.warnings(matrix([np.nan, 1e9])) == seen.warnings(matrix([np.nan, -1e9], [0, 0])) == ()


def test_a_text_that_was_not_seen_gets_a_warning() -> None:
    seen = ranges(
        Feature("colour", "BYTES", categories=("red", "blue"), optional=True),
        Feature("note", "BYTES"),
        Feature("size", "FP32", minimum=0, maximum=1),
    )
    rows = {
        "colour": np.array([["red"], ["teal"], [""]], np.object_),
        "note": np.array([["a"], ["b"], ["c"]], np.object_),
        "size": np.array([[0], [2], [1]], np.float32),
    }
    colour, size = (
        "colour is none of the 2 texts seen in training.",
        "size is outside the range seen in training, 0 to 1.",
    )
    assert seen.warnings(rows) == [[], [colour, size], []]


def test_a_row_of_many_features_gets_few_warnings() -> None:
    seen = ranges(*(Feature(f"x{place}", "FP32", minimum=0, maximum=1) for place in range(30)))
    ((*first, last),) = seen.warnings(matrix([2.0] * 30))
    assert [sentence.split()[0] for sentence in first] == ["x0", "x1", "x2"]
    assert last == "27 more values are outside what was seen in training."
    assert seen.warnings(matrix([2.0] * 4 + [0.5] * 26))[0][-1] == "1 more value is outside what was seen in training."


def test_only_rows_outside_have_warnings_in_json(sign: Predictor) -> None:
    inside = json.loads(rest.predict(sign, b'{"x":3,"y":-1}', {}).body)
    outside = json.loads(rest.predict(sign, b'{"x":99,"y":-97}', {}).body)
    assert outside.pop("warnings") == [X]
    assert outside == inside | {"probability": outside["probability"]}
    batch = json.loads(rest.predict_batch(sign, b'{"instances":[[3,-1],[31,-1]]}', {}).body)["predictions"]
    assert [answer.get("warnings") for answer in batch] == [None, [X]]


def test_v2_has_them_as_an_output_on_request(sign: Predictor) -> None:
    request: dict[str, Any] = {
        "inputs": [{"name": "input", "datatype": "FP32", "shape": [2, 2], "data": [0, 0, 31, 0]}]
    }

    def outputs(**more: Any) -> dict[str, Any]:
        answer = json.loads(v2.infer(sign, json.dumps(request | more).encode(), {}).body)
        return {output["name"]: output["data"] for output in answer["outputs"]}

    assert list(outputs()) == ["prediction", "probabilities"]
    assert outputs(outputs=[{"name": "warnings"}]) == {"warnings": ["", X]}
    assert "warnings" in [tensor["name"] for tensor in sign.get_output_types()]


def test_a_model_with_a_constant_feature_warns_of_every_other_number(sign: Predictor) -> None:
    constant = replace(sign.task.features[0], minimum=1, maximum=1)
    seen = ranges(constant)
    assert seen.warnings(matrix([1])) == ()
    assert len(seen.warnings(matrix([1.0001]))) == 1
