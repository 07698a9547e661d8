"""The table of paths and what answers each. This is the file to open first.

A request comes from a socket (server/http/protocol.py) to the ASGI app (server/http/app.py), which looks it up here:

    POST /predict, /predict/batch                  the default model, rows/rest.py or pictures/rest.py
    POST /predict/NAME, /predict/NAME/batch        one model, likewise
    POST /predict/img, /predict/NAME/img           the label of one picture, pictures/rest.py
    POST /v1/models/NAME:predict                   KServe's V1, in the same files
    POST /v2/models/NAME/infer                     KServe's V2, rows/v2.py or pictures/v2.py
    GET  /info, /info/NAME, /v2/models/NAME        info.py
    GET  /health, /health/ready, /health/live, /v2 this file
    GET  /metrics                                  metrics.py, if METRICS_PORT is the server's port
    GET  /docs, /openapi.json                      docs.py, if DOCS is on
    GET  /, /page/*; POST /                        page/routes.py
    OPTIONS, on every path                         http/cors.py, if CORS_ORIGINS is set
    GET  /v1/models, /v2/models, /v2/health/* …    KServe's own app (`handler` is None)

/v2/models/NAME and the paths below it also answer under /v2/models/NAME/versions/VERSION. The table of gRPC's methods
is server/grpc/methods.py.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from typing import Any

import msgspec

from model.task import Picture
from server import info, metrics
from server.default_model import default_models, default_route
from server.page import routes as page
from server.predictor import Predictor
from server.response import JSON, OCTETS, Response
from server.route import DEFAULT_PATHS, PREDICT, PREDICT_BATCH, PREDICT_LABEL, V1, V2, VERSION, Route, Routes
from server.row_independence import batcher_for
from server.row_request import RowRequest
from server.rows import rest, v2
from server.settings import Settings


def all_routes(predictors: Sequence[Predictor], settings: Settings) -> Routes:
    """Return every route of the server, by path and method."""
    routes = api_routes(predictors) | page.routes_for(predictors, settings)
    if settings.docs:
        from server import docs  # noqa: PLC0415 (it loads the whole OpenAPI document, which few servers show)

        routes |= docs.routes_for(predictors)
    if settings.metrics_port == settings.port:
        routes["/metrics", "GET"] = Route("/metrics", "GET", metrics.respond)
    return routes


def api_routes(predictors: Iterable[Predictor]) -> Routes:
    """Return the routes of the prediction API."""
    served = {predictor: routes_for(predictor) for predictor in predictors}
    # The port opens only when every model has answered a warm-up prediction, so whoever can ask finds them ready.
    routes = [_document(path, path, _health) for path in ("/health", "/health/ready", "/health/live")]
    routes.append(_document("/v2", "/v2", server_metadata))
    routes += [_kserve(path) for path in ("/", "/v1/models", "/v2/health/live", "/v2/health/ready", "/v2/models")]
    routes += _default_routes(served)
    names = [predictor.name for predictor in served]
    for predictor, of_model in served.items():
        routes += [(_path(path, predictor), route) for path, route in of_model.items()]
        documents = {
            "/info/{model}": partial(info.describe, predictor, names),
            "/v2/models/{model}": partial(info.metadata, predictor),
            "/v2/models/{model}/ready": partial(info.readiness, predictor),
        }
        routes += [_document(_path(path, predictor), path, content) for path, content in documents.items()]
        routes.append((_path("/v1/models/{model}", predictor), Route("/v1/models/{model}", "GET")))
    routes.append(_document("/info", "/info", partial(info.describe, next(iter(served)), names)))
    api = {(path, route.method): route for path, route in routes}
    return api | dict(_versions(api, served))


def routes_for(predictor: Predictor) -> dict[str, Route]:
    """Return the routes under which a model predicts, by path; {model} stands for its name."""
    if predictor.task.picture is None:
        return _row_routes(predictor)
    return _picture_routes(predictor, predictor.task.picture)


def _row_routes(predictor: Predictor) -> dict[str, Route]:
    batcher = batcher_for(predictor)

    def post(path: str, predict: Callable[..., Response], decode: Callable[..., RowRequest], *reads: bytes) -> Route:
        handler = partial(predict, predictor)
        return Route(path, "POST", handler, reads, predictor.inline_bytes, partial(decode, predictor), batcher)

    return {
        PREDICT: post(PREDICT, rest.predict, rest.decode_one, JSON),
        PREDICT_BATCH: post(PREDICT_BATCH, rest.predict_batch, rest.decode_batch, JSON),
        V1: post(V1, rest.predict_v1, rest.decode_v1, JSON, b""),
        V2: post(V2, v2.infer, v2.decode, JSON, OCTETS, b""),
    }


def _picture_routes(predictor: Predictor, picture: Picture) -> dict[str, Route]:
    """All of them run off the event loop (`inline_bytes` stays 0), since a short file may hold a large picture."""
    # These modules need Pillow, which a server without pictures does not load.
    from server.pictures.request import READS  # noqa: PLC0415
    from server.pictures.rest import RestHandlers, extract_link, handle_one  # noqa: PLC0415
    from server.pictures.v2 import V2Handler  # noqa: PLC0415

    handlers = RestHandlers(predictor, picture)

    def post_one(path: str, predict: Callable[..., Response]) -> Route:
        return Route(path, "POST", partial(handle_one, predict), READS, extract_link=partial(extract_link, predict))

    return {
        PREDICT: post_one(PREDICT, handlers.predict),
        PREDICT_BATCH: Route(PREDICT_BATCH, "POST", handlers.predict_batch, (JSON,)),
        PREDICT_LABEL: post_one(PREDICT_LABEL, handlers.predict_img),
        V1: Route(V1, "POST", handlers.predict_v1, (JSON, b"")),
        V2: Route(V2, "POST", V2Handler(predictor, picture), (JSON, OCTETS, b"")),
    }


def _default_routes(served: Mapping[Predictor, Mapping[str, Route]]) -> Iterable[tuple[str, Route]]:
    """Return the routes that name no model: the first model's, or a choice by content of rows and pictures."""
    for path, template in DEFAULT_PATHS.items():
        match default_models(served, template):
            case [(_, route)]:
                yield path, replace(route, name=path)
            case [rows, pictures]:
                yield path, default_route(path, template, rows, pictures)


def _versions(api: Routes, predictors: Iterable[Predictor]) -> Iterable[tuple[tuple[str, str], Route]]:
    """Return the V2 routes of each model under the version that it has."""
    for predictor in predictors:
        for end, method in (("", "GET"), ("/ready", "GET"), ("/infer", "POST")):
            route = api[f"/v2/models/{predictor.name}{end}", method]
            path = VERSION.format(model=predictor.name, version=predictor.task.version)
            yield (path + end, method), replace(route, name=VERSION + end)


def _path(template: str, predictor: Predictor) -> str:
    return template.replace("{model}", predictor.name)


def _kserve(path: str) -> tuple[str, Route]:
    return path, Route(path, "GET")


def _document(path: str, name: str, content: Callable[[], dict[str, Any]]) -> tuple[str, Route]:
    return path, Route(name, "GET", lambda _body, _headers: Response(msgspec.json.encode(content())))


def _health() -> dict[str, Any]:
    return {"status": "ok"}


def server_metadata() -> dict[str, Any]:
    """KServe's own response claims an extension that loads and unloads models."""
    return {"name": "kserve", "version": version("kserve"), "extensions": ["binary_tensor_data"]}
