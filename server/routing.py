"""Which path does what: our own routes, and what is let through to KServe's app."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from typing import Any

import msgspec

from server import default_model, info, metrics, protocols
from server.paths import LABEL, MANY, ONE
from server.predictor import Predictor
from server.response import Response
from server.route import Headers, Route

UNNAMED = {"/predict": ONE, "/predict/batch": MANY, "/prediction/batch": MANY, "/predict/img": LABEL}
"""What is asked at a path that names no model: the same as at this one."""


def table(predictors: Iterable[Predictor]) -> dict[str, Route]:
    """Every path of the prediction API."""
    served = {predictor: protocols.of(predictor) for predictor in predictors}
    # The port opens when every model has answered a warm-up prediction: who can ask finds them ready.
    routes = {path: _got(path, _healthy) for path in ("/health", "/health/ready", "/health/live")}
    routes["/v2"] = _got("/v2", _server)
    for path in ("/", "/v1/models", "/v2/health/live", "/v2/health/ready", "/v2/models"):
        routes[path] = Route(path, "GET")
    routes |= _unnamed(served)
    names = [predictor.name for predictor in served]
    for predictor, of_model in served.items():
        of_model |= {
            "/info/{model}": _got("/info/{model}", partial(info.of, predictor, names)),
            **{
                path: Route(path, "GET")
                for path in ("/v1/models/{model}", "/v2/models/{model}", "/v2/models/{model}/ready")
            },
        }
        routes |= {path.replace("{model}", predictor.name): route for path, route in of_model.items()}
    routes["/info"] = _got("/info", partial(info.of, next(iter(served)), names))
    return routes


def metrics_table() -> dict[str, Route]:
    return {"/metrics": Route("/metrics", "GET", _metrics)}


def _unnamed(served: Mapping[Predictor, Mapping[str, Route]]) -> dict[str, Route]:
    """Of the first model; but of the first of rows and the first of pictures where both are served."""
    routes = {}
    for path, asked in UNNAMED.items():
        match protocols.firsts(served, asked):
            case [(_, route)]:
                routes[path] = replace(route, name=path)
            case [of_rows, of_pictures]:
                routes[path] = default_model.between(path, asked, of_rows, of_pictures)
    return routes


def _got(name: str, document: Callable[[], dict[str, Any]]) -> Route:
    return Route(name, "GET", lambda _body, _headers: Response(msgspec.json.encode(document())))


def _metrics(_body: bytes, _headers: Headers) -> Response:
    return Response(metrics.render(), [(b"content-type", metrics.CONTENT_TYPE)])


def _healthy() -> dict[str, Any]:
    return {"status": "ok"}


def _server() -> dict[str, Any]:
    """KServe's own answer claims an extension that loads and unloads models."""
    return {"name": "kserve", "version": version("kserve"), "extensions": ["binary_tensor_data"]}
