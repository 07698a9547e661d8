"""Describe the paths of the server and of each model."""

from collections.abc import Iterable, Mapping
from typing import Any

from server.default_model import default_models
from server.openapi import rows, schemas, schemas_v2
from server.openapi.operations import Prediction, constant, either_of, get, json
from server.predictor import Predictor
from server.route import DEFAULT_PATHS, V2

FRAMING = {V2: ["Inference-Header-Content-Length"]}  # headers that separate the parts of a body


def paths_for(predictors: Iterable[Predictor]) -> dict[str, Any]:
    """Return the operations of every path, by path."""
    predictions = {predictor: _predictions(predictor) for predictor in predictors}
    names = [predictor.name for predictor in predictions]
    found = _of_server(names) | _unnamed(predictions)
    found["/info"] = _info(next(iter(predictions)))
    for predictor, of_model in predictions.items():
        operations = {path: prediction.operation(*FRAMING.get(path, [])) for path, prediction in of_model.items()}
        operations |= _of_model(predictor)
        found |= {path.replace("{model}", predictor.name): operation for path, operation in operations.items()}
    return found


def _predictions(predictor: Predictor) -> dict[str, Prediction]:
    if predictor.task.picture is None:
        return rows.predictions_for(predictor)
    from server.openapi import pictures  # noqa: PLC0415 (needs Pillow)

    return pictures.predictions_for(predictor, predictor.task.picture)


def _unnamed(predictions: Mapping[Predictor, Mapping[str, Prediction]]) -> dict[str, Any]:
    found = {}
    for path, template in DEFAULT_PATHS.items():
        match default_models(predictions, template):
            case [(_, only)]:
                found[path] = only.operation()
            case [(_, of_rows), (_, of_pictures)]:
                found[path] = either_of(of_rows, of_pictures).operation()
    return found


def _info(predictor: Predictor) -> dict[str, Any]:
    return get("Description of the model, its inputs and its answers", json(schemas.info(predictor.task)))


def _of_model(predictor: Predictor) -> dict[str, Any]:
    name = predictor.name
    metadata = json(schemas_v2.metadata(predictor))
    return {
        "/info/{model}": _info(predictor),
        "/v1/models/{model}": get("Readiness of the model, KServe V1", constant({"name": name, "ready": True})),
        "/v2/models/{model}": get("Inputs and outputs of the model, KServe V2", metadata),
        "/v2/models/{model}/ready": get("Readiness of the model, KServe V2", constant({"name": name, "ready": True})),
    }


def _of_server(names: list[str]) -> dict[str, Any]:
    return {
        "/health": get("Whether every model is ready", constant({"status": "ok"})),
        "/health/ready": get("Readiness: every model has made a warm-up prediction", constant({"status": "ok"})),
        "/health/live": get("Liveness of the process", constant({"status": "ok"})),
        "/": get("Liveness, KServe V1", constant({"status": "alive"})),
        "/v1/models": get("The models, KServe V1", constant({"models": names})),
        "/v2": get("The server, KServe V2", json(schemas_v2.SERVER)),
        "/v2/health/live": get("Liveness, KServe V2", constant({"live": True})),
        "/v2/health/ready": get("Readiness, KServe V2", constant({"ready": True})),
        "/v2/models": get("The models, KServe V2", constant({"models": names})),
    }
