"""The routes under which a model of pictures predicts. All of it off the event loop: a short body may hold much."""

from collections.abc import Callable

from model.task import Picture
from server.paths import LABEL, MANY, ONE, V1, V2
from server.pictures import request as bodies
from server.pictures.request import READS, Sent
from server.pictures.rest import Plain
from server.pictures.v2 import Infer
from server.predictor import Predictor
from server.response import JSON, OCTETS, Response
from server.route import Headers, Link, Route


def of(predictor: Predictor, picture: Picture) -> dict[str, Route]:
    """By their paths, in which {model} stands for its name."""
    plain, infer = Plain(predictor, picture), Infer(predictor, picture)
    return {
        ONE: _of_one(ONE, plain.predict),
        MANY: _of_json(MANY, plain.predict_batch, (JSON,)),
        LABEL: _of_one(LABEL, plain.predict_img),
        V1: _of_json(V1, plain.predict_v1, (JSON, b"")),
        V2: Route(V2, "POST", infer, (JSON, OCTETS, b"")),
    }


def _of_one(path: str, predict: Callable[[Sent], bytes]) -> Route:
    def handler(body: bytes, headers: Headers) -> Response:
        return Response(predict(bodies.read(body, headers)))

    def linked(body: bytes, headers: Headers) -> Link | None:
        sent = bodies.read_linked(body, headers)
        return sent and Link(sent.url, lambda data: Response(predict(sent._replace(data=data, url=""))))

    return Route(path, "POST", handler, READS, linked=linked)


def _of_json(path: str, predict: Callable[[bytes], bytes], reads: tuple[bytes, ...]) -> Route:
    def handler(body: bytes, _headers: Headers) -> Response:
        return Response(predict(body))

    return Route(path, "POST", handler, reads)
