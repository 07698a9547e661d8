"""The table of methods. Any other is UNIMPLEMENTED, such as those that load, unload and list models.

/inference.GRPCInferenceService/ModelInfer                    rows/v2.py or pictures/v2.py, as over HTTP
/inference.GRPCInferenceService/ServerLive, ModelMetadata …   this file
/grpc.health.v1.Health/Check                                  this file
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from kserve.protocol.grpc.grpc_predict_v2_pb2 import (
    ModelMetadataRequest,
    ModelMetadataResponse,
    ModelReadyRequest,
    ModelReadyResponse,
    ServerLiveRequest,
    ServerLiveResponse,
    ServerMetadataRequest,
    ServerMetadataResponse,
    ServerReadyRequest,
    ServerReadyResponse,
)

from server import info, routing
from server.errors import NotFound
from server.grpc import messages
from server.grpc.call import METHOD
from server.predictor import INLINE_BYTES, Predictor
from server.response import Response
from server.route import V2, Headers, Route, Routes
from server.rows import v2

_SERVICE = "inference.GRPCInferenceService"
INFER = f"/{_SERVICE}/ModelInfer"
_HEALTH = "/grpc.health.v1.Health/Check"
_SERVING, _NOT_SERVING = b"\x08\x01", b"\x08\x02"  # HealthCheckResponse(status=SERVING), NOT_SERVING

Served = Mapping[str, Predictor]


def all_methods(predictors: Iterable[Predictor], routes: Routes) -> dict[str, Route]:
    """Return what answers each method, by its path.

    Args:
        predictors: The models.
        routes: The server's routes over HTTP. A model predicts the rows of both together.
    """
    served = {predictor.name: predictor for predictor in predictors}
    of_models = {name.encode(): _infer_route(INFER, predictor, routes) for name, predictor in served.items()}
    return {
        INFER: Route(INFER, METHOD, choose=partial(_route_of_model, of_models)),
        **_method("ServerLive", ServerLiveRequest, lambda _: ServerLiveResponse(live=True)),
        # The port opens only when every model has answered a warm-up prediction.
        **_method("ServerReady", ServerReadyRequest, lambda _: ServerReadyResponse(ready=True)),
        **_method("ModelReady", ModelReadyRequest, partial(_model_ready, served)),
        **_method(
            "ServerMetadata", ServerMetadataRequest, lambda _: ServerMetadataResponse(**routing.server_metadata())
        ),
        **_method("ModelMetadata", ModelMetadataRequest, partial(_model_metadata, served)),
        _HEALTH: Route(_HEALTH, METHOD, _check_health, inline_bytes=INLINE_BYTES),
    }


def unready_methods() -> dict[str, Route]:
    """Return what answers the methods that ask for readiness, once the server is about to stop."""
    return {
        **_method("ServerReady", ServerReadyRequest, lambda _: ServerReadyResponse(ready=False)),
        **_method("ModelReady", ModelReadyRequest, lambda _: ModelReadyResponse(ready=False)),
        _HEALTH: Route(
            _HEALTH, METHOD, lambda _message, _headers: Response(_NOT_SERVING, ()), inline_bytes=INLINE_BYTES
        ),
    }


def _method(name: str, request: Any, answer: Callable[[Any], Any]) -> dict[str, Route]:
    def handle(message: bytes, _headers: Headers) -> Response:
        return Response(answer(messages.parse(request, message)).SerializeToString(), ())

    path = f"/{_SERVICE}/{name}"
    return {path: Route(path, METHOD, handle, inline_bytes=INLINE_BYTES)}


def _infer_route(path: str, predictor: Predictor, routes: Routes) -> Route:
    """Return the model's route for V2, with messages in place of bodies."""
    route = replace(routes[V2.replace("{model}", predictor.name), "POST"], name=path, method=METHOD)
    encoding = messages.encoding_for(predictor)
    if predictor.task.picture:
        from server.pictures.v2 import V2Handler  # noqa: PLC0415 (it needs Pillow, as in server/routing.py)

        return replace(route, handler=V2Handler(predictor, predictor.task.picture, encoding))
    infer, decode = partial(v2.infer, predictor, encoding=encoding), partial(v2.decode, predictor, encoding=encoding)
    return replace(route, handler=infer, decode=decode)


def _route_of_model(routes: Mapping[bytes, Route], message: bytes, _headers: Headers) -> Route:
    route = routes.get(messages.model_of(message))
    if route is None:
        raise _unknown_model(name.decode() for name in routes)
    return route


def _model(served: Served, request: Any) -> Predictor:
    """Return the model that a request names. Raises NotFound."""
    predictor = served.get(request.name)
    if predictor is None:
        raise _unknown_model(served)
    messages.check_version(request.version, predictor.task.version)
    return predictor


def _unknown_model(names: Iterable[str]) -> NotFound:
    return NotFound(f"Not found: no model has that name. Use one of these: {', '.join(names)}.")


def _model_ready(served: Served, request: Any) -> Any:
    return ModelReadyResponse(ready=_model(served, request).ready)


def _model_metadata(served: Served, request: Any) -> Any:
    return ModelMetadataResponse(**info.metadata(_model(served, request)))


def _check_health(message: bytes, _headers: Headers) -> Response:
    # A HealthCheckRequest has the first field of a ModelReadyRequest, under another name.
    if messages.parse(ModelReadyRequest, message).name not in ("", _SERVICE):
        raise NotFound(f"There is no such service. Leave its name out, or ask for {_SERVICE}.")
    return Response(_SERVING, ())
