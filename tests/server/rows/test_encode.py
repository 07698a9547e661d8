import json
from dataclasses import replace
from typing import Any

import numpy as np

from server.predictor import ModelOutput, Predictor
from server.rows.encode import PredictionEncoder


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
