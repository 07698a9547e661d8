import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from model.bundle import load
from server.predictor import Predictor
from server.rows import rest
from server.rows.rest import PredictionEncoder
from server.tensors import ModelOutput
from tests.served import ROOT
from tests.server.refusal import refusal


def test_a_classified_row_has_label_class_and_probability(sign: Predictor) -> None:
    assert json.loads(rest.predict(sign, b'{"x":3,"y":-1}', {}).body) == {
        "label": "high",
        "prediction": 1,
        "probability": pytest.approx(0.880797),
    }


def test_a_regression_has_only_its_number(price: Predictor) -> None:
    assert rest.predict(price, b'{"colour":"red","size":0.1}', {}).body == b'{"prediction":1.1}'
    body = b'{"instances":[["red",0.1],["blue",-0.1]]}'
    assert rest.predict_batch(price, body, {}).body == b'{"predictions":[{"prediction":1.1},{"prediction":1.9}]}'
    assert rest.predict_v1(price, body, {}).body == b'{"predictions":[1.1,1.9]}'


def test_predictions_of_a_batch_are_in_the_order_of_its_rows() -> None:
    breast = Predictor("breast_model", load(ROOT / "model" / "bundles" / "breast_model"))
    breast.load()
    example = np.array(list(breast.task.example.values()))
    values = (example * np.random.default_rng(3).uniform(0.1, 2, (200, 6))).tolist()
    output = breast.predict({"input": np.array(values, np.float32)})
    assert output.probabilities is not None
    expected = [
        {"label": "BM"[prediction], "prediction": prediction, "probability": float(str(probabilities[prediction]))}
        for prediction, probabilities in zip(output.predictions.tolist(), output.probabilities, strict=True)
    ]
    rows = [dict(zip(breast.task.names, row, strict=True)) for row in values]
    body = json.dumps({"instances": rows}).encode()
    answers = json.loads(rest.predict_batch(breast, body, {}).body)["predictions"]
    assert [{name: answer[name] for name in expected[0]} for answer in answers] == expected
    assert json.loads(rest.predict_v1(breast, body, {}).body)["predictions"] == output.predictions.tolist()
    assert {row["label"] for row in expected} == {"B", "M"}


def test_an_invalid_body_is_refused_on_every_path(sign: Predictor) -> None:
    assert refusal(rest.predict, sign, b'{"x":1}', {}).reason == "missing_field"
    assert refusal(rest.predict_batch, sign, b"{}", {}).reason == "structure"
    assert refusal(rest.predict_v1, sign, b"{}", {}).reason == "structure"


def encoded(encoder: PredictionEncoder, output: ModelOutput) -> list[dict[str, Any]]:
    objects: list[dict[str, Any]] = json.loads(encoder.encode_batch(output))["predictions"]
    assert json.loads(encoder.encode_one(output)) == objects[0]
    return objects


def test_classes_may_be_strings_and_labels_may_need_escapes(sign: Predictor) -> None:
    encoder = PredictionEncoder(replace(sign.task, classes=("a", "b"), labels=('"é\\', "high")))
    predictions = np.array(["b", "a"], np.object_)
    probabilities = np.array([[0.25, 0.75], [0.6, 0.4]], np.float64)
    assert encoded(encoder, ModelOutput(predictions, probabilities)) == [
        {"label": "high", "prediction": "b", "probability": 0.75},
        {"label": '"é\\', "prediction": "a", "probability": 0.6},
    ]
    assert encoded(encoder, ModelOutput(predictions, None)) == [
        {"label": "high", "prediction": "b"},
        {"label": '"é\\', "prediction": "a"},
    ]


def test_a_class_is_found_by_its_value_not_its_position(sign: Predictor) -> None:
    encoder = PredictionEncoder(replace(sign.task, classes=(7, 3)))
    output = ModelOutput(np.array([3, 7], np.int64), np.array([[0.1, 0.9], [0.8, 0.2]], np.float32))
    assert encoded(encoder, output) == [
        {"label": "high", "prediction": 3, "probability": 0.9},
        {"label": "low", "prediction": 7, "probability": 0.8},
    ]


def test_one_float32_is_encoded_in_its_shortest_decimal_form(sign: Predictor) -> None:
    encoder = PredictionEncoder(replace(sign.task, kind="regression", classes=(), labels=()))
    values = np.random.default_rng(4).integers(0, 2**32, 2_000, np.uint32).view(np.float32)
    for value in values[np.isfinite(values)]:
        body = encoder.encode_one(ModelOutput(np.array([value])))
        assert json.loads(body) == {"prediction": float(str(value))}
