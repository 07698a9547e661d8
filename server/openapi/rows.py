"""Describe the predictions of a row model in each protocol, with examples that work unchanged."""

from typing import Any

import msgspec
import numpy as np

from server.json import arrays
from server.openapi import schemas, schemas_v2
from server.openapi.operations import OCTETS, Prediction, json
from server.predictor import Predictor
from server.route import PREDICT, PREDICT_BATCH, V1, V2
from server.rows import rest, v2
from server.tensors import example_input


def predictions_for(predictor: Predictor) -> dict[str, Prediction]:
    """Return the predictions by path, in which {model} stands for the model's name."""
    task, answer = predictor.task, schemas.answer(predictor)
    row = dict(task.example)
    rows = {"instances": [row, _values(predictor)]}
    answered = msgspec.json.decode(rest.predict(predictor, msgspec.json.encode(row), {}).body)
    return {
        PREDICT: Prediction("Predict one row", json(schemas.row(task), row), json(answer, answered)),
        PREDICT_BATCH: Prediction(
            "Predict many rows",
            json(schemas.instances(task), rows),
            json(schemas.predictions(answer), {"predictions": [answered, answered]}),
        ),
        V1: _v1(predictor),
        V2: _v2(predictor),
    }


def _v1(predictor: Predictor) -> Prediction:
    rows = {"instances": [_values(predictor)]}
    answer = schemas.predictions(schemas.prediction(predictor.task), "PredictionsV1")
    answered = msgspec.json.decode(rest.predict_v1(predictor, msgspec.json.encode(rows), {}).body)
    return Prediction(
        "Predict, KServe V1 protocol", json(schemas.instances(predictor.task), rows), json(answer, answered)
    )


def _v2(predictor: Predictor) -> Prediction:
    request = _infer_request(predictor)
    answered, _ = v2.infer(predictor, msgspec.json.encode(request), {})
    return Prediction(
        "Predict, KServe V2 protocol (Open Inference Protocol)",
        json(schemas_v2.infer_request(), request) | OCTETS,
        json(schemas_v2.INFER_ANSWER, msgspec.json.decode(answered)) | OCTETS,
    )


def _values(predictor: Predictor) -> list[Any]:
    """Return the model's example as a list."""
    return [predictor.task.example.get(name) for name in predictor.task.names]


def _infer_request(predictor: Predictor) -> dict[str, Any]:
    rows = example_input(predictor.task)
    inputs = [
        {
            "name": tensor.name,
            "shape": list(rows[tensor.name].shape),
            "datatype": tensor.datatype,
            "data": arrays.to_list(_filled(rows[tensor.name])),
        }
        for tensor in predictor.inputs
    ]
    return {"id": "1", "inputs": inputs}


def _filled(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Replace missing numbers by 0, because JSON has no NaN."""
    return array if array.dtype == np.object_ else np.nan_to_num(array)
