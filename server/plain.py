"""The plain protocol and KServe's V1: JSON rows in, JSON answers out."""

from typing import Any

import msgspec
import numpy as np

from model.task import Task
from server import rows, strict_json
from server.errors import BadInput
from server.predictor import Answers, Predictor


def predict(predictor: Predictor, body: bytes) -> bytes:
    """POST /predict: one row object → one answer object. Raises BadInput."""
    record = strict_json.parse(body)
    if type(record) is not dict:
        raise BadInput(
            f"The body must be one JSON object with the fields {', '.join(predictor.task.names)}, "
            f"not {strict_json.kind(record)}; for several rows use /predict/batch."
        )
    answers = predictor.predict(rows.from_records(predictor.task, [record]))
    return msgspec.json.encode(_described(predictor.task, answers)[0])


def predict_batch(predictor: Predictor, body: bytes) -> bytes:
    """POST /predict/batch: {"instances": [row, …]} → {"predictions": [answer, …]}. Raises BadInput."""
    answers = predictor.predict(rows.from_records(predictor.task, _instances(body)))
    return msgspec.json.encode({"predictions": _described(predictor.task, answers)})


def predict_v1(predictor: Predictor, body: bytes) -> bytes:
    """POST /v1/models/NAME:predict: {"instances": [row, …]} → {"predictions": [class, …]}. Raises BadInput."""
    answers = predictor.predict(rows.from_records(predictor.task, _instances(body)))
    return msgspec.json.encode({"predictions": shortest(answers.predictions)})


def shortest(array: np.ndarray[Any, Any]) -> list[Any]:
    """Values for JSON: a float32 as its shortest decimal form (0.1, not 0.10000000149011612)."""
    if array.dtype == np.float32:
        return [float(str(value)) for value in array.ravel()]
    return array.ravel().tolist()


def _instances(body: bytes) -> list[object]:
    document = strict_json.parse(body)
    # Other top-level keys are let pass: KServe's own client sends some, and none changes the answer.
    if type(document) is not dict or type(document.get("instances")) is not list:
        raise BadInput('The body must be a JSON object {"instances": [row, …]}.')
    instances: list[object] = document["instances"]
    return instances


def _described(task: Task, answers: Answers) -> list[dict[str, Any]]:
    predictions = shortest(answers.predictions)
    if task.kind == "regression":
        return [{"prediction": prediction} for prediction in predictions]
    positions = [task.classes.index(prediction) for prediction in predictions]
    described: list[dict[str, Any]] = [
        {"label": task.labels[position], "prediction": prediction}
        for position, prediction in zip(positions, predictions, strict=True)
    ]
    if answers.probabilities is not None:
        answered = answers.probabilities[np.arange(len(positions)), positions]
        for answer, probability in zip(described, shortest(answered), strict=True):
            answer["probability"] = probability
    return described
