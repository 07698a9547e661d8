"""Describe the paths of the server and of each model."""

from collections.abc import Iterable, Mapping
from typing import Any

from server import info
from server.default_model import default_models
from server.openapi import rows, schemas, schemas_v2
from server.openapi.names import Names
from server.openapi.operations import Prediction, constant, either_of, get, json
from server.predictor import Predictor
from server.route import DEFAULT_PATHS, PREDICT, PREDICT_BATCH, PREDICT_LABEL, V1, V2, VERSION

FRAMING = {V2: ["Inference-Header-Content-Length"]}  # headers that separate the parts of a body

# What the operations of each path are called. For a path of one model, the model's name follows.
_VERBS = {
    "/predict": "predict",
    "/predict/batch": "predict_batch",
    "/prediction/batch": "prediction_batch",
    "/predict/img": "predict_label",
    PREDICT: "predict",
    PREDICT_BATCH: "predict_batch",
    PREDICT_LABEL: "predict_label",
    V1: "predict_v1",
    V2: "infer",
    "/info": "info",
    "/info/{model}": "info",
    "/v1/models/{model}": "ready_v1",
    "/v2/models/{model}": "metadata",
    "/v2/models/{model}/ready": "ready",
    VERSION: "metadata_version",
    f"{VERSION}/ready": "ready_version",
    f"{VERSION}/infer": "infer_version",
    "/health": "health",
    "/health/ready": "health_ready",
    "/health/live": "health_live",
    "/": "live_v1",
    "/v1/models": "models_v1",
    "/v2": "server_metadata",
    "/v2/health/live": "server_live",
    "/v2/health/ready": "server_ready",
    "/v2/models": "models",
}


def paths_for(predictors: Iterable[Predictor], names: Names) -> dict[str, Any]:
    """Return the operations of every path, by path. Their schemas get names."""
    predictions = {predictor: _predictions(predictor, names) for predictor in predictors}
    first = next(iter(predictions))
    found = {}
    for path, operation in (_unnamed(predictions) | {"/info": names.extract(_info(first), first.name)}).items():
        found[path] = _identified(path, operation, names, "default model")
    for path, operation in names.extract(_of_server([predictor.name for predictor in predictions])).items():
        found[path] = _identified(path, operation, names, "server")
    for predictor, of_model in predictions.items():
        operations = {path: prediction.operation(*FRAMING.get(path, [])) for path, prediction in of_model.items()}
        operations |= names.extract(_of_model(predictor), predictor.name)
        operations |= {f"{VERSION}{end}": operations[f"/v2/models/{{model}}{end}"] for end in ("", "/ready", "/infer")}
        for path, operation in operations.items():
            identified = _identified(path, operation, names, predictor.name, predictor.name)
            found[path.format(model=predictor.name, version=predictor.task.version)] = identified
    return found


def _identified(path: str, operations: dict[str, Any], names: Names, tag: str, model: str = "") -> dict[str, Any]:
    """Return the operation of a path with its ID and the group that it is shown in."""
    about = {"operationId": names.operation_id(_VERBS[path], model), "tags": [tag]}
    return {method: about | operation for method, operation in operations.items()}


def _predictions(predictor: Predictor, names: Names) -> dict[str, Prediction]:
    if predictor.task.picture is None:
        found = rows.predictions_for(predictor)
    else:
        from server.openapi import pictures  # noqa: PLC0415 (needs Pillow)

        found = pictures.predictions_for(predictor, predictor.task.picture)
    return {
        path: Prediction(summary, *names.extract([request, answer], predictor.name))
        for path, (summary, request, answer) in found.items()
    }


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
    metadata = json(schemas_v2.METADATA, info.metadata(predictor))
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
