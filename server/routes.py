"""Which path does what: our own routes, and what is let through to KServe's app."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from importlib.metadata import version
from typing import Any

import msgspec

from server import metrics, plain, v2
from server.answer import JSON, Answer
from server.predictor import Predictor
from server.route import Route

OCTETS = b"application/octet-stream"


def table(predictors: Iterable[Predictor]) -> dict[str, Route]:
    """Every path of the prediction API. The first predictor answers /predict, /predict/batch and /info."""
    predictors = tuple(predictors)
    first = predictors[0]
    routes = {
        "/predict": _posted("/predict", first, plain.predict),
        "/predict/batch": _posted("/predict/batch", first, plain.predict_batch),
        "/info": _got("/info", partial(_info, first)),
    }
    # The port opens when every model has answered a warm-up prediction: who can ask finds them ready.
    for path in ("/health", "/health/ready", "/health/live"):
        routes[path] = _got(path, _healthy)
    routes["/v2"] = _got("/v2", _server)
    for path in ("/", "/v1/models", "/v2/health/live", "/v2/health/ready", "/v2/models"):
        routes[path] = Route(path, "GET")
    for predictor in predictors:
        name = predictor.name
        routes[f"/v1/models/{name}"] = Route("/v1/models/{model}", "GET")
        routes[f"/v2/models/{name}"] = Route("/v2/models/{model}", "GET")
        routes[f"/v2/models/{name}/ready"] = Route("/v2/models/{model}/ready", "GET")
        routes[f"/v1/models/{name}:predict"] = _posted(
            "/v1/models/{model}:predict", predictor, plain.predict_v1, (JSON, b"")
        )
        routes[f"/v2/models/{name}/infer"] = Route(
            "/v2/models/{model}/infer",
            "POST",
            partial(_infer, predictor),
            (JSON, OCTETS, b""),
            predictor.inline_bytes,
        )
    return routes


def metrics_table() -> dict[str, Route]:
    return {"/metrics": Route("/metrics", "GET", _metrics)}


def _posted(
    name: str,
    predictor: Predictor,
    decode_predict_encode: Callable[[Predictor, bytes], bytes],
    reads: tuple[bytes, ...] = (JSON,),
) -> Route:
    def handler(body: bytes, _headers: Mapping[bytes, bytes]) -> Answer:
        return Answer(decode_predict_encode(predictor, body))

    return Route(name, "POST", handler, reads, predictor.inline_bytes)


def _got(name: str, document: Callable[[], dict[str, Any]]) -> Route:
    return Route(name, "GET", lambda _body, _headers: Answer(msgspec.json.encode(document())))


def _infer(predictor: Predictor, body: bytes, headers: Mapping[bytes, bytes]) -> Answer:
    return Answer(*v2.infer(predictor, body, headers))


def _metrics(_body: bytes, _headers: Mapping[bytes, bytes]) -> Answer:
    return Answer(metrics.render(), [(b"content-type", metrics.CONTENT_TYPE)])


def _healthy() -> dict[str, Any]:
    return {"status": "ok"}


def _server() -> dict[str, Any]:
    """KServe's own answer claims an extension that loads and unloads models."""
    return {"name": "kserve", "version": version("kserve"), "extensions": ["binary_tensor_data"]}


def _info(predictor: Predictor) -> dict[str, Any]:
    task = predictor.task
    return {
        "name": task.title,
        "version": task.version,
        "model": predictor.name,
        "kind": task.kind,
        "inputs": [msgspec.to_builtins(feature) for feature in task.features],
        "labels": list(task.labels),
        "example": dict(task.example),
        "digest": predictor.bundle.digest,
    }
