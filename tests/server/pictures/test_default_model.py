import json
from typing import Any

import pytest

from server import routing
from server.errors import InvalidInput
from server.predictor import Predictor
from server.route import Route
from tests.server.pictures.images import BAR, base64, png
from tests.server.pictures.refusals import refused

JSON = {b"content-type": b"application/json; charset=utf-8"}
FILE = {b"content-type": b"image/png"}
ONE = {"image": base64(png())}
MANY = {"x": BAR.tolist()}


def written(document: Any) -> bytes:
    return json.dumps(document).encode()


@pytest.fixture
def table(sign: Predictor, ink: Predictor, bulk: Predictor) -> dict[str, Route]:
    return routing.table([bulk, sign, ink])


@pytest.mark.parametrize(
    ("path", "body", "headers"),
    [
        ("/predict", png(), FILE),
        ("/predict", written(ONE), JSON),
        ("/predict", written({"seen": True, "url": "https://a.example"}), JSON),
        ("/predict/batch", written(MANY), JSON),
        ("/prediction/batch", written({"probabilities": True, **MANY}), JSON),
    ],
)
def test_pictures_are_handled_off_the_event_loop(
    table: dict[str, Route], path: str, body: bytes, headers: dict[bytes, bytes]
) -> None:
    assert table[path].slow(body, headers)


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
def test_rows_are_handled_on_the_event_loop(table: dict[str, Route], path: str, document: Any) -> None:
    assert not table[path].slow(written(document), JSON)
    assert table[path].inline_bytes == table["/predict/sign"].inline_bytes > 0


def test_invalid_json_is_refused_by_the_model_of_rows(table: dict[str, Route]) -> None:
    for body in (b'{"image":', b'{"image":' + b"[" * 100_000):
        assert not table["/predict"].slow(body, JSON)
        handler = table["/predict"].handler
        assert handler
        with pytest.raises(InvalidInput) as refusal:
            handler(body, JSON)
        assert refusal.value.reason in ("invalid_json", "too_deep")


def test_the_first_model_of_each_kind_answers(table: dict[str, Route], sign: Predictor, ink: Predictor) -> None:
    for served, first in ((table, "bulk"), (routing.table([ink, sign]), "ink")):
        handler, named = served["/predict"].handler, served[f"/predict/{first}"].handler
        assert handler
        assert named
        assert handler(png(), FILE) == named(png(), FILE)
        assert b'"label":"high"' in handler(b'{"x":3,"y":-1}', JSON).body


def test_with_one_kind_of_model_the_body_selects_nothing(sign: Predictor, ink: Predictor) -> None:
    assert routing.table([sign])["/predict"].reads == (b"application/json",)
    assert "/predict/img" not in routing.table([sign])
    of_pictures = routing.table([ink])
    assert of_pictures["/predict"].reads == of_pictures["/predict/ink"].reads
    assert of_pictures["/predict"].name == "/predict"
    handler = of_pictures["/predict"].handler
    assert handler
    with refused("structure", '{"image": base64}'):
        handler(b'{"x":3,"y":-1}', JSON)


def test_a_shared_path_accepts_the_content_types_of_both(table: dict[str, Route]) -> None:
    assert table["/predict"].reads == (b"application/json", b"image/jpeg", b"image/png", b"multipart/form-data")
    assert table["/predict/batch"].reads == (b"application/json",)
