"""The correct answer to a request, from a second, strict implementation on the standard library."""

import re
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_to_bytes

from tests.server.fuzz import strict
from tests.server.fuzz.models import MODELS, Model, Refused, Unclear
from tests.server.fuzz.oracle_v2 import infer
from tests.server.fuzz.request import Request

MAX_BODY_BYTES = 65_536

DEADLINE = b"x-envoy-expected-rq-timeout-ms"
LENGTH = b"inference-header-content-length"
_READ = (b"content-type", b"content-encoding", LENGTH, DEADLINE)

_WINDOW_BITS = {b"gzip": 31, b"x-gzip": 31, b"deflate": 15}
_ABSOLUTE = re.compile(rb"https?://[^/]*")
_PLAIN_TARGET = re.compile(rb"/[A-Za-z0-9/:._-]*(\?[A-Za-z0-9=&]*)?")


def path(request: Request) -> bytes:
    return unquote_to_bytes(_ABSOLUTE.sub(b"", request.target, count=1).partition(b"?")[0].partition(b"#")[0])


def certain(request: Request) -> bool:
    """Return whether only the body can be a reason to refuse the request."""
    return bool(
        _PLAIN_TARGET.fullmatch(request.target)
        and request.header(b"expect") in ([], [b"100-continue"])
        and not request.header(DEADLINE)
    )


def answer(request: Request) -> Any:
    """Return what a 200 to a POST must say, as JSON.

    Raises:
        Refused: a 200 would be wrong.
        Unclear: any refusal and any 200 may be right.
    """
    if any(len(request.header(name)) > 1 for name in _READ):
        raise Unclear
    if request.method != b"POST" or len(request.body) > MAX_BODY_BYTES:
        raise Refused
    target = path(request)
    for pattern, types, answered in _PREDICTIONS:
        if match := re.fullmatch(pattern, target):
            _check_content(request, types)
            plain = replace(request, body=expanded(request.body, *request.header(b"content-encoding")))
            return answered((match["model"] or b"sign").decode(), plain)
    raise Refused


def expanded(body: bytes, coding: bytes = b"") -> bytes:
    """Return a body as it was before it was compressed. Raises Refused."""
    if coding.lower() in (b"", b"identity") or not body:
        return body
    if coding.lower() not in _WINDOW_BITS:
        raise Refused
    stream = zlib.decompressobj(_WINDOW_BITS[coding.lower()])
    try:
        plain = stream.decompress(body, MAX_BODY_BYTES + 1)
    except zlib.error as error:
        raise Refused from error
    if len(plain) > MAX_BODY_BYTES or not stream.eof or stream.unused_data:
        raise Refused
    return plain


def _check_content(request: Request, types: tuple[bytes, ...]) -> None:
    (given,) = request.header(b"content-type") or [b""]
    if given.partition(b";")[0].strip(b" \t").lower() not in types:
        raise Refused


def _prediction(model: Model, row: list[Any]) -> dict[str, Any]:
    prediction, probabilities = model.predict(*row)
    outside = model.outside(*row)
    warnings = {"warnings": [outside]} if outside else {}
    if not probabilities:
        return {"prediction": prediction} | warnings
    label = ("low", "high")[prediction]
    return {"label": label, "prediction": prediction, "probability": probabilities[prediction]} | warnings


def _predict(name: str, request: Request) -> Any:
    row = strict.parse(request.body)
    if type(row) is not dict:
        raise Refused
    return _prediction(MODELS[name], MODELS[name].row(row))


def _instances(model: Model, request: Request) -> list[list[Any]]:
    document = strict.parse(request.body)
    if type(document) is not dict or type(document.get("instances")) is not list or not document["instances"]:
        raise Refused
    rows = [model.row(row) for row in document["instances"]]
    strict.check_ignored(document)
    return rows


def _batch(name: str, request: Request) -> Any:
    return {"predictions": [_prediction(MODELS[name], row) for row in _instances(MODELS[name], request)]}


def _v1(name: str, request: Request) -> Any:
    return {"predictions": [MODELS[name].predict(*row)[0] for row in _instances(MODELS[name], request)]}


def _v2(name: str, request: Request) -> Any:
    if not request.header(LENGTH):
        if request.header(b"content-type")[:1] == [b"application/octet-stream"]:
            raise Unclear
        return infer(name, request.body, b"")
    (length,) = request.header(LENGTH)
    if not re.fullmatch(rb"[0-9]+", length) or len(length) > 10 or int(length) > len(request.body):
        raise Refused
    return infer(name, request.body[: int(length)], request.body[int(length) :])


_JSON, _OCTETS = b"application/json", b"application/octet-stream"
_PREDICTIONS: tuple[tuple[bytes, tuple[bytes, ...], Callable[[str, Request], Any]], ...] = (
    (rb"/predict(/(?P<model>sign|price|gap))?", (_JSON,), _predict),
    (rb"/prediction/batch|/predict(/(?P<model>sign|price|gap))?/batch", (_JSON,), _batch),
    (rb"/v1/models/(?P<model>sign|price|gap):predict", (_JSON, b""), _v1),
    (rb"/v2/models/(?P<model>sign|price|gap)/infer", (_JSON, _OCTETS, b""), _v2),
    (rb"/v2/models/(?P<model>sign)/versions/1\.2\.3/infer", (_JSON, _OCTETS, b""), _v2),
    (rb"/v2/models/(?P<model>price|gap)/versions/1\.0\.0/infer", (_JSON, _OCTETS, b""), _v2),
)
