import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from model.bundle import load
from server.errors import InvalidInput
from server.json import floats
from server.predictor import ModelOutput, Predictor
from server.rows import rest
from server.rows.encode import PredictionEncoder
from tests.served import ROOT


def test_one_row_is_answered_by_label_class_and_probability(sign: Predictor) -> None:
    assert json.loads(rest.predict(sign, b'{"x":3,"y":-1}')) == {
        "label": "high",
        "prediction": 1,
        "probability": pytest.approx(0.880797),
    }


def test_a_regression_is_answered_by_its_number(price: Predictor) -> None:
    assert rest.predict(price, b'{"colour":"red","size":0.1}') == b'{"prediction":1.1}'
    body = b'{"instances":[["red",0.1],["blue",-0.1]]}'
    assert rest.predict_batch(price, body) == b'{"predictions":[{"prediction":1.1},{"prediction":1.9}]}'
    assert rest.predict_v1(price, body) == b'{"predictions":[1.1,1.9]}'


def test_many_rows_are_answered_in_their_order() -> None:
    breast = Predictor("breast_model", load(ROOT / "model" / "bundles" / "breast_model"))
    breast.load()
    example = np.array(list(breast.task.example.values()))
    values = (example * np.random.default_rng(3).uniform(0.1, 2, (200, 6))).tolist()
    answers = breast.predict({"input": np.array(values, np.float32)})
    assert answers.probabilities is not None
    expected = [
        {"label": "BM"[prediction], "prediction": prediction, "probability": float(str(probabilities[prediction]))}
        for prediction, probabilities in zip(answers.predictions.tolist(), answers.probabilities, strict=True)
    ]
    rows = [dict(zip(breast.task.names, row, strict=True)) for row in values]
    body = json.dumps({"instances": rows}).encode()
    assert json.loads(rest.predict_batch(breast, body))["predictions"] == expected
    assert json.loads(rest.predict_v1(breast, body))["predictions"] == answers.predictions.tolist()
    assert {answer["label"] for answer in expected} == {"B", "M"}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"[1,2]", "not a list; for several rows use /predict/batch"),
        (b"null", "not null"),
        (b'{"instances":[[1,2]]}', "lacks x, y"),
        (b"", "empty"),
    ],
)
def test_predict_takes_one_object_only(sign: Predictor, body: bytes, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        rest.predict(sign, body)


@pytest.mark.parametrize("body", [b"{}", b"[[1,2]]", b'{"instances":{"x":1,"y":2}}', b'{"inputs":[[1,2]]}', b"7"])
def test_a_batch_is_an_object_with_the_rows(sign: Predictor, body: bytes) -> None:
    for handler in (rest.predict_batch, rest.predict_v1):
        with pytest.raises(InvalidInput, match="must be a JSON object"):
            handler(sign, body)


def written(writer: PredictionEncoder, answers: ModelOutput) -> list[dict[str, Any]]:
    many: list[dict[str, Any]] = json.loads(writer.many(answers))["predictions"]
    assert json.loads(writer.one(answers)) == many[0]
    return many


def test_classes_may_be_strings_and_labels_hold_any_letter(sign: Predictor) -> None:
    writer = PredictionEncoder(replace(sign.task, classes=("a", "b"), labels=('"é\\', "high")))
    predictions = np.array(["b", "a"], np.object_)
    probabilities = np.array([[0.25, 0.75], [0.6, 0.4]], np.float64)
    assert written(writer, ModelOutput(predictions, probabilities)) == [
        {"label": "high", "prediction": "b", "probability": 0.75},
        {"label": '"é\\', "prediction": "a", "probability": 0.6},
    ]
    assert written(writer, ModelOutput(predictions, None)) == [
        {"label": "high", "prediction": "b"},
        {"label": '"é\\', "prediction": "a"},
    ]


def test_classes_are_known_by_value_not_by_place(sign: Predictor) -> None:
    writer = PredictionEncoder(replace(sign.task, classes=(7, 3)))
    answers = ModelOutput(np.array([3, 7], np.int64), np.array([[0.1, 0.9], [0.8, 0.2]], np.float32))
    assert written(writer, answers) == [
        {"label": "high", "prediction": 3, "probability": 0.9},
        {"label": "low", "prediction": 7, "probability": 0.8},
    ]


def test_a_float32_is_written_in_its_shortest_decimal_form() -> None:
    values = np.random.default_rng(4).integers(0, 2**32, 20_000, np.uint32).view(np.float32)
    values = np.concatenate([values[np.isfinite(values)], np.array([0.1, -0.0, 1e-45, 3.4028235e38, 1e16], np.float32)])
    for number, value in zip(floats.each(values), values, strict=True):
        assert float(number) == float(str(value))
        assert floats.single(value) == number
    assert floats.listed(values[:0]) == b"[]"
    assert floats.listed(np.array([[0.1, 2]], np.float32).T) == b"[0.1,2.0]"
