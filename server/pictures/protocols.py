"""The routes under which a model of pictures predicts. All of it off the event loop: a short body may hold much."""

from collections.abc import Callable

from model.task import Picture
from server.paths import LABEL, MANY, ONE, V1, V2
from server.pictures.request import READS, ImageRequest, decode_link_request, decode_request
from server.pictures.rest import RestHandlers
from server.pictures.v2 import V2Handler
from server.predictor import Predictor
from server.response import JSON, OCTETS, Response
from server.route import Headers, Link, Route


def of(predictor: Predictor, picture: Picture) -> dict[str, Route]:
    """By their paths, in which {model} stands for its name."""
    rest, infer = RestHandlers(predictor, picture), V2Handler(predictor, picture)
    return {
        ONE: _of_one(ONE, rest.predict),
        MANY: _of_json(MANY, rest.predict_batch, (JSON,)),
        LABEL: _of_one(LABEL, rest.predict_img),
        V1: _of_json(V1, rest.predict_v1, (JSON, b"")),
        V2: Route(V2, "POST", infer, (JSON, OCTETS, b"")),
    }


def _of_one(path: str, predict: Callable[[ImageRequest], bytes]) -> Route:
    def handler(body: bytes, headers: Headers) -> Response:
        return Response(predict(decode_request(body, headers)))

    def linked(body: bytes, headers: Headers) -> Link | None:
        request = decode_link_request(body, headers)
        if request is None:
            return None
        return Link(request.url, lambda data: Response(predict(request._replace(data=data, url=""))))

    return Route(path, "POST", handler, READS, linked=linked)


def _of_json(path: str, predict: Callable[[bytes], bytes], reads: tuple[bytes, ...]) -> Route:
    def handler(body: bytes, _headers: Headers) -> Response:
        return Response(predict(body))

    return Route(path, "POST", handler, reads)
