"""The paths of the server, and of each model."""

from collections.abc import Iterable, Mapping
from typing import Any

from server import protocols
from server.openapi import rows, schemas, schemas_v2
from server.openapi.operations import Prediction, always, either, get, json
from server.paths import V2
from server.predictor import Predictor
from server.routing import UNNAMED

FRAMING = {V2: ["Inference-Header-Content-Length"]}
"""The headers by which the parts of a body are told apart."""


def of(predictors: Iterable[Predictor]) -> dict[str, Any]:
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
        return rows.of(predictor)
    from server.openapi import pictures  # noqa: PLC0415 (Pillow is for those who serve pictures)

    return pictures.of(predictor, predictor.task.picture)


def _unnamed(predictions: Mapping[Predictor, Mapping[str, Prediction]]) -> dict[str, Any]:
    found = {}
    for path, asked in UNNAMED.items():
        match protocols.firsts(predictions, asked):
            case [(_, only)]:
                found[path] = only.operation()
            case [(_, of_rows), (_, of_pictures)]:
                found[path] = either(of_rows, of_pictures).operation()
    return found


def _info(predictor: Predictor) -> dict[str, Any]:
    return get("What the model is, what it takes and what it answers", json(schemas.info(predictor.task)))


def _of_model(predictor: Predictor) -> dict[str, Any]:
    name = predictor.name
    metadata = json(schemas_v2.metadata(predictor))
    return {
        "/info/{model}": _info(predictor),
        "/v1/models/{model}": get("Readiness of the model, KServe V1", always({"name": name, "ready": True})),
        "/v2/models/{model}": get("What the model takes and answers, KServe V2", metadata),
        "/v2/models/{model}/ready": get("Readiness of the model, KServe V2", always({"name": name, "ready": True})),
    }


def _of_server(names: list[str]) -> dict[str, Any]:
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
