"""The routes under which one model predicts, by their paths, in which {model} stands for its name."""

from collections.abc import Callable
from functools import partial

from model.task import Picture
from server import plain, v2
from server.answer import JSON, Answer
from server.predictor import Predictor
from server.route import Headers, Route

OCTETS = b"application/octet-stream"

ONE, MANY, LABEL = "/predict/{model}", "/predict/{model}/batch", "/predict/{model}/img"
V1, V2 = "/v1/models/{model}:predict", "/v2/models/{model}/infer"


def of(predictor: Predictor) -> dict[str, Route]:
    picture = predictor.task.picture
    return _of_rows(predictor) if picture is None else _of_pictures(predictor, picture)


def _of_rows(predictor: Predictor) -> dict[str, Route]:
    def posted(path: str, predict: Callable[[Predictor, bytes], bytes], reads: tuple[bytes, ...] = (JSON,)) -> Route:
        def handler(body: bytes, _headers: Headers) -> Answer:
            return Answer(predict(predictor, body))

        return Route(path, "POST", handler, reads, predictor.inline_bytes)

    return {
        ONE: posted(ONE, plain.predict),
        MANY: posted(MANY, plain.predict_batch),
        V1: posted(V1, plain.predict_v1, (JSON, b"")),
        V2: Route(V2, "POST", partial(_infer, predictor), (JSON, OCTETS, b""), predictor.inline_bytes),
    }


def _of_pictures(predictor: Predictor, picture: Picture) -> dict[str, Route]:
    """Off the event loop, all of it: a short body may hold a large picture, or many that must be transformed."""
    from server.pictures.body import READS  # noqa: PLC0415 (Pillow is for those who serve pictures)
    from server.pictures.plain import Plain  # noqa: PLC0415

    def posted(path: str, predict: Callable[[bytes, Headers], bytes], reads: tuple[bytes, ...] = READS) -> Route:
        def handler(body: bytes, headers: Headers) -> Answer:
            return Answer(predict(body, headers))

        return Route(path, "POST", handler, reads)

    of_pictures = Plain(predictor, picture)
    return {
        ONE: posted(ONE, of_pictures.predict),
        MANY: posted(MANY, of_pictures.predict_batch, (JSON,)),
        LABEL: posted(LABEL, of_pictures.predict_img),
        V2: Route(V2, "POST", partial(_infer, predictor), (JSON, OCTETS, b"")),
    }


def _infer(predictor: Predictor, body: bytes, headers: Headers) -> Answer:
    return Answer(*v2.infer(predictor, body, headers))
