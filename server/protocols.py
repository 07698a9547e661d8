"""The routes under which one model predicts, by their paths, in which {model} stands for its name."""

from collections.abc import Callable
from functools import partial

from model.task import Picture
from server import plain, v2
from server.answer import JSON, Answer
from server.predictor import Predictor
from server.route import Headers, Link, Route

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
    from server.pictures import body as bodies  # noqa: PLC0415 (Pillow is for those who serve pictures)
    from server.pictures.plain import Plain  # noqa: PLC0415

    def of_one(path: str, predict: Callable[[bodies.Sent], bytes]) -> Route:
        def handler(body: bytes, headers: Headers) -> Answer:
            return Answer(predict(bodies.read(body, headers)))

        def linked(body: bytes, headers: Headers) -> Link | None:
            sent = bodies.read_linked(body, headers)
            return sent and Link(sent.url, lambda data: Answer(predict(sent._replace(data=data, url=""))))

        return Route(path, "POST", handler, bodies.READS, linked=linked)

    def of_many(body: bytes, _headers: Headers) -> Answer:
        return Answer(of_pictures.predict_batch(body))

    of_pictures = Plain(predictor, picture)
    return {
        ONE: of_one(ONE, of_pictures.predict),
        MANY: Route(MANY, "POST", of_many, (JSON,)),
        LABEL: of_one(LABEL, of_pictures.predict_img),
        V2: Route(V2, "POST", partial(_infer, predictor), (JSON, OCTETS, b"")),
    }


def _infer(predictor: Predictor, body: bytes, headers: Headers) -> Answer:
    return Answer(*v2.infer(predictor, body, headers))
