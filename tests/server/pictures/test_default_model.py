import json
from codecs import BOM_UTF8
from typing import Any

import pytest

from server import routing
from server.errors import InvalidInput
from server.pictures.request import FILES
from server.predictor import Predictor
from server.response import Response
from server.route import Headers, Route, Routes
from tests.server.pictures.images import BAR, base64, png
from tests.server.pictures.refusals import refused

JSON = {b"content-type": b"application/json; charset=utf-8"}
FILE = {b"content-type": b"image/png"}
ONE = {"image": base64(png())}
MANY = {"x": BAR.tolist()}


def written(document: Any) -> bytes:
    return json.dumps(document).encode()


def chosen(table: Routes, path: str, body: bytes, headers: Headers) -> Route:
    choose = table[path, "POST"].choose
    assert choose
    return choose(body, headers)


def handle(route: Route, body: bytes, headers: Headers) -> Response:
    assert route.handler
    return route.handler(body, headers)


@pytest.fixture
def table(sign: Predictor, ink: Predictor, bulk: Predictor) -> Routes:
    return routing.api_routes([bulk, sign, ink])


@pytest.mark.parametrize(
    ("path", "body", "headers"),
    [
        ("/predict", png(), FILE),
        ("/predict", written(ONE), JSON),
        ("/predict", written({"seen": True, "url": "https://a.example"}), JSON),
        ("/predict", BOM_UTF8 + written(ONE), JSON),
        ("/predict/batch", written(MANY), JSON),
        ("/prediction/batch", written({"probabilities": True, **MANY}), JSON),
    ],
)
def test_pictures_are_handled_off_the_event_loop(
    table: Routes, path: str, body: bytes, headers: dict[bytes, bytes]
) -> None:
    assert (
        chosen(table, path, body, headers)
        is table[path.replace("prediction", "predict").replace("/predict", "/predict/bulk"), "POST"]
    )
    assert chosen(table, path, body, headers).inline_bytes == 0


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("/predict", {"x": 3, "y": -1}),
        ("/predict", {"x": "image", "y": {"url": "image"}}),
        ("/predict", ["image"]),
        ("/predict/batch", {"instances": [{"x": 3, "y": -1}]}),
        ("/predict/batch", {"instances": [], "more": {"x": [[[0]]]}}),
        ("/predict/batch", ["x"]),
    ],
)
def test_rows_are_handled_on_the_event_loop(table: Routes, path: str, document: Any) -> None:
    route = chosen(table, path, written(document), JSON)
    assert route.inline_bytes == table["/predict/sign", "POST"].inline_bytes > 0


def test_invalid_json_is_refused_by_the_model_of_rows(table: Routes) -> None:
    for body in (b'{"image":', b'{"image":' + b"[" * 100_000):
        route = chosen(table, "/predict", body, JSON)
        assert route.inline_bytes > 0
        with pytest.raises(InvalidInput) as refusal:
            handle(route, body, JSON)
        assert refusal.value.reason in ("invalid_json", "too_deep")


def test_the_first_model_of_each_kind_answers(table: Routes, sign: Predictor, ink: Predictor) -> None:
    for served, first in ((table, "bulk"), (routing.api_routes([ink, sign]), "ink")):
        named = handle(served[f"/predict/{first}", "POST"], png(), FILE)
        assert handle(chosen(served, "/predict", png(), FILE), png(), FILE) == named
        row = b'{"x":3,"y":-1}'
        assert b'"label":"high"' in handle(chosen(served, "/predict", row, JSON), row, JSON).body


def test_with_one_kind_of_model_the_body_selects_nothing(sign: Predictor, ink: Predictor) -> None:
    assert routing.api_routes([sign])["/predict", "POST"].reads == (b"application/json",)
    assert ("/predict/img", "POST") not in routing.api_routes([sign])
    of_pictures = routing.api_routes([ink])
    assert of_pictures["/predict", "POST"].reads == of_pictures["/predict/ink", "POST"].reads
    assert of_pictures["/predict", "POST"].name == "/predict"
    handler = of_pictures["/predict", "POST"].handler
    assert handler
    with refused("structure", '{"image": base64}'):
        handler(b'{"x":3,"y":-1}', JSON)


def test_a_shared_path_accepts_the_content_types_of_both(table: Routes) -> None:
    assert table["/predict", "POST"].reads == (b"application/json", *FILES, b"multipart/form-data")
    assert table["/predict/batch", "POST"].reads == (b"application/json",)
