"""The routes under which a model of rows predicts."""

from collections.abc import Callable
from functools import partial

from server.paths import MANY, ONE, V1, V2
from server.predictor import Predictor
from server.response import JSON, OCTETS, Response
from server.route import Headers, Route
from server.rows import rest, v2


def of(predictor: Predictor) -> dict[str, Route]:
    """By their paths, in which {model} stands for its name."""

    def posted(path: str, predict: Callable[[Predictor, bytes], bytes], reads: tuple[bytes, ...] = (JSON,)) -> Route:
        def handler(body: bytes, _headers: Headers) -> Response:
            return Response(predict(predictor, body))

        return Route(path, "POST", handler, reads, predictor.inline_bytes)

    return {
        ONE: posted(ONE, rest.predict),
        MANY: posted(MANY, rest.predict_batch),
        V1: posted(V1, rest.predict_v1, (JSON, b"")),
        V2: Route(V2, "POST", partial(v2.infer, predictor), (JSON, OCTETS, b""), predictor.inline_bytes),
    }
