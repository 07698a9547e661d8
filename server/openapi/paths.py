"""The paths of each protocol, with examples that work as they stand."""

from typing import Any

import msgspec
import numpy as np

from server import plain, v2
from server.openapi import schemas, schemas_v2
from server.openapi.operations import OCTETS, always, get, json, post
from server.predictor import Predictor, example_rows


def of_plain(predictor: Predictor) -> dict[str, Any]:
    task, answer = predictor.task, schemas.answer(predictor)
    row = dict(task.example)
    rows = {"instances": [row, _values(predictor)]}
    answered = msgspec.json.decode(plain.predict(predictor, msgspec.json.encode(row)))
    return {
        "/predict": post("Predict one row", json(schemas.row(task), row), json(answer, answered)),
        "/predict/batch": post(
            "Predict many rows",
            json(schemas.instances(task), rows),
            json(schemas.predictions(answer), {"predictions": [answered, answered]}),
        ),
        "/info": get("What the model is, what it takes and what it answers", json(schemas.info(task))),
    }


def of_server(names: list[str]) -> dict[str, Any]:
    return {
        "/health": get("Whether every model is ready", always({"status": "ok"})),
        "/health/ready": get("Readiness: true after a warm-up prediction", always({"status": "ok"})),
        "/health/live": get("Liveness: the process answers", always({"status": "ok"})),
        "/": get("Liveness, KServe V1", always({"status": "alive"})),
        "/v1/models": get("The models, KServe V1", always({"models": names})),
        "/v2": get("The server, KServe V2", json(schemas_v2.SERVER)),
        "/v2/health/live": get("Liveness, KServe V2", always({"live": True})),
        "/v2/health/ready": get("Readiness, KServe V2", always({"ready": True})),
        "/v2/models": get("The models, KServe V2", always({"models": names})),
    }


def of_v1(predictor: Predictor) -> dict[str, Any]:
    name = predictor.name
    rows = {"instances": [_values(predictor)]}
    answer = schemas.predictions(schemas.prediction(predictor.task))
    answered = msgspec.json.decode(plain.predict_v1(predictor, msgspec.json.encode(rows)))
    return {
        f"/v1/models/{name}": get("Readiness of the model, KServe V1", always({"name": name, "ready": True})),
        f"/v1/models/{name}:predict": post(
            "Predict, KServe V1 protocol", json(schemas.instances(predictor.task), rows), json(answer, answered)
        ),
    }


def of_v2(predictor: Predictor) -> dict[str, Any]:
    name = predictor.name
    request = _infer_request(predictor)
    answered, _ = v2.infer(predictor, msgspec.json.encode(request), {})
    answer = json(schemas_v2.infer_answer(predictor), msgspec.json.decode(answered))
    infer = post(
        "Predict, KServe V2 protocol (Open Inference Protocol)",
        json(schemas_v2.infer_request(predictor), request) | OCTETS,
        answer | OCTETS,
        "Inference-Header-Content-Length",
    )
    return {
        f"/v2/models/{name}": get("What the model takes and answers, KServe V2", json(schemas_v2.metadata(predictor))),
        f"/v2/models/{name}/ready": get("Readiness of the model, KServe V2", always({"name": name, "ready": True})),
        f"/v2/models/{name}/infer": infer,
    }


def _values(predictor: Predictor) -> list[Any]:
    """The example as a list."""
    return [predictor.task.example.get(name) for name in predictor.task.names]


def _infer_request(predictor: Predictor) -> dict[str, Any]:
    rows = example_rows(predictor.task)
    inputs = [
        {
            "name": tensor.name,
            "shape": list(rows[tensor.name].shape),
            "datatype": tensor.datatype,
            "data": plain.shortest(_filled(rows[tensor.name])),
        }
        for tensor in predictor.inputs
    ]
    return {"id": "1", "inputs": inputs}


def _filled(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """JSON has no NaN for a missing number."""
    return array if array.dtype == np.object_ else np.nan_to_num(array)
