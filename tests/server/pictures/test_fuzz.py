"""Thousands of odd bodies, handled as the server does: each must be answered, or refused with a sentence."""

import struct
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import msgspec
import numpy as np
import pytest

from server import routing
from server.errors import ServingError
from server.predictor import Predictor
from server.route import Headers, Routes
from tests.server.fuzz import bodies
from tests.server.fuzz.holds import check_refusal
from tests.server.fuzz.json_tree import encode, tree
from tests.server.fuzz.trees import changed
from tests.server.pictures.images import BAR, BLOCK, base64, jpeg, png

pytestmark = pytest.mark.slow

SEED = 20_261_122
OF_EACH = 400

JSON = {b"content-type": b"application/json"}
SMALL = np.zeros((8, 8), int)
SMALL[2:6, 3] = 255

Request = tuple[str, bytes, Headers]  # path, body and headers


def file(random: Random) -> Request:
    whole = random.choice((png, jpeg))(random.choice((BAR, BLOCK, np.pad(BAR, 9))))
    return "/predict", _damaged(random, whole), {b"content-type": b"image/png"}


def form(random: Random) -> Request:
    disposition = b'--b\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'
    parts = [(b"image_file", b'; filename="zq9x"', png()), (b"seen", b"", random.choice((b"true", b"false", b"zq9x")))]
    random.shuffle(parts)
    whole = b"".join(disposition % part for part in parts) + b"--b--\r\n"
    boundary = random.choice((b"b", b"b", b"b", b'"b"', b"", b"c", b"b; charset=zq9x"))
    body = whole if random.random() < 0.2 else _damaged(random, whole)
    return "/predict/ink/img", body, {b"content-type": b"multipart/form-data; boundary=" + boundary}


def one(random: Random) -> Request:
    text = random.choice(("", "data:image/png;base64,")) + base64(random.choice((png, jpeg))())
    document = {"image": text} | random.choice(({}, {"seen": True}, {"probabilities": True}))
    return _json(random, random.choice(("/predict", "/predict/ink", "/predict/bulk/img")), document)


def many(random: Random) -> Request:
    pictures: list[Any] = [SMALL.tolist(), (SMALL / 255).tolist(), np.repeat(SMALL[:, :, None], 3, 2).tolist()]
    document = {"x": random.choice((*pictures, pictures[:2], pictures, [pictures[0]] * 3))}
    document |= random.choice(({}, {"probabilities": True}))
    return _json(random, random.choice(("/predict/batch", "/prediction/batch", "/predict/ink/batch")), document)


def v1(random: Random) -> Request:
    instances = [{"b64": base64(png())}, {"image_bytes": {"b64": base64(jpeg())}}, SMALL.tolist()]
    document = {"instances": random.sample(instances, random.randint(1, 3))}
    return _json(random, "/v1/models/bulk:predict", document)


def v2(random: Random) -> Request:
    files = {"shape": [2], "datatype": "BYTES", "data": [base64(png()), base64(jpeg())]}
    numbers = {"shape": [1, 28, 28], "datatype": "FP32", "data": (BAR / 255).tolist()}
    document = {"inputs": [{"name": "input", **random.choice((files, numbers))}]}
    return _json(random, "/v2/models/ink/infer", document)


def v2_binary(random: Random) -> Request:
    shape, datatype, packed = random.choice(
        (
            ([2], "BYTES", b"".join(struct.pack("<I", len(data)) + data for data in (png(), jpeg()))),
            ([2, 28, 28], "FP32", (np.stack([BAR, BLOCK]) / np.float32(255)).astype("<f4").tobytes()),
        )
    )
    tensor = {"name": "input", "shape": shape, "datatype": datatype, "parameters": {"binary_data_size": len(packed)}}
    head = encode(changed(random, {"inputs": [tensor]}) if random.random() < 0.5 else tree({"inputs": [tensor]}))
    headers = {b"content-type": b"application/octet-stream", b"inference-header-content-length": b"%d" % len(head)}
    return "/v2/models/ink/infer", head + (packed if random.random() < 0.3 else _damaged(random, packed)), headers


def _json(random: Random, path: str, document: Any) -> Request:
    if random.random() < 0.3:
        return path, _damaged(random, encode(tree(document))), JSON
    return path, encode(changed(random, document)), JSON


def _damaged(random: Random, whole: bytes) -> bytes:
    damage: Callable[[Random, bytes], bytes] = random.choice((bodies.cut, bodies.spliced, bodies.flipped))
    return damage(random, whole)


@pytest.fixture
def table(sign: Predictor, ink: Predictor, bulk: Predictor) -> Routes:
    return routing.api_routes([sign, ink, bulk])


@pytest.mark.parametrize("kind", [file, form, one, many, v1, v2, v2_binary], ids=lambda kind: kind.__name__)
def test_any_body_is_answered_or_refused(table: Routes, kind: Callable[[Random], Request]) -> None:
    statuses: Counter[int] = Counter()
    for index in range(OF_EACH):
        request = kind(Random(f"{SEED}:{index}"))  # noqa: S311 (repeatable on purpose)
        try:
            statuses[_status(table, *request)] += 1
        except Exception as error:
            raise AssertionError(f"{kind.__name__} {index}: {request!r}") from error
    assert statuses[400] > OF_EACH / 10, statuses
    assert statuses[200] > OF_EACH / 20, statuses


def _status(table: Routes, path: str, body: bytes, headers: Headers) -> int:
    handler = table[path, "POST"].handler
    assert handler is not None
    try:
        answer = handler(body, headers)
    except ServingError as error:
        check_refusal({"error": error.sentence, "reason": error.reason})
        return error.status
    if answer.headers[0][1] == b"application/json":
        msgspec.json.decode(answer.body)
    return 200
