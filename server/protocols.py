"""The routes under which one model predicts, by their paths, in which {model} stands for its name."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar

from server import plain, v2
from server.answer import JSON, Answer
from server.predictor import Predictor
from server.route import Headers, Route

T = TypeVar("T")

OCTETS = b"application/octet-stream"

ONE, MANY, LABEL = "/predict/{model}", "/predict/{model}/batch", "/predict/{model}/img"
V1, V2 = "/v1/models/{model}:predict", "/v2/models/{model}/infer"


def of(predictor: Predictor) -> dict[str, Route]:
    if predictor.task.picture is None:
        return _of_rows(predictor)
    from server.pictures import protocols  # noqa: PLC0415 (Pillow is for those who serve pictures)

    return protocols.of(predictor, predictor.task.picture)


def firsts(served: Mapping[Predictor, Mapping[str, T]], path: str) -> list[tuple[Predictor, T]]:
    """What is under the path of the first model of rows, and of the first of pictures, where there are such models."""
    found: dict[bool, tuple[Predictor, T]] = {}
    for predictor, of_model in served.items():
        if path in of_model:
            found.setdefault(predictor.task.picture is not None, (predictor, of_model[path]))
    return [found[takes_pictures] for takes_pictures in sorted(found)]


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


def _infer(predictor: Predictor, body: bytes, headers: Headers) -> Answer:
    return Answer(*v2.infer(predictor, body, headers))
