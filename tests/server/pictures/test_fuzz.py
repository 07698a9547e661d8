"""Thousands of odd bodies, handled as the server does: each must be answered, or refused with a sentence."""

import struct
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from server import routing
from server.errors import ServingError
from server.predictor import Predictor
from server.route import Headers, Routes
from tests.model.image.dicom_files import DEFLATED, EXPLICIT, IMPLICIT, RLE, dicom, of_jpeg
from tests.server.fuzz.documents import to_json
from tests.server.fuzz.faults import damaged
from tests.server.fuzz.invariants import check_refusal
from tests.server.fuzz.json_faults import faulty_json
from tests.server.pictures.images import BAR, BLOCK, base64, jpeg, png

pytestmark = pytest.mark.slow

SEED = 20_261_122
OF_EACH = 400

JSON = {b"content-type": b"application/json"}
SMALL = np.zeros((8, 8), int)
SMALL[2:6, 3] = 255
DICOM = [dicom(BAR.astype(np.uint16) * 16, syntax) for syntax in (EXPLICIT, IMPLICIT, DEFLATED, RLE)]
DICOM.append(of_jpeg(jpeg(), *BAR.shape))

Request = tuple[str, bytes, Headers]  # path, body and headers


@st.composite
def file(draw: st.DrawFn) -> Request:
    whole = draw(st.sampled_from([png, jpeg]))(draw(st.sampled_from([BAR, BLOCK, np.pad(BAR, 9)])))
    return "/predict", draw(damaged(whole)), {b"content-type": b"image/png"}


@st.composite
def dicom_file(draw: st.DrawFn) -> Request:
    form = draw(st.sampled_from([b"application/dicom", b"application/octet-stream"]))
    return "/predict/ink", draw(damaged(draw(st.sampled_from(DICOM)))), {b"content-type": form}


@st.composite
def form(draw: st.DrawFn) -> Request:
    disposition = b'--b\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'
    seen = draw(st.sampled_from([b"true", b"false", b"zq9x"]))
    parts = draw(st.permutations([(b"image_file", b'; filename="zq9x"', png()), (b"seen", b"", seen)]))
    whole = b"".join(disposition % part for part in parts) + b"--b--\r\n"
    boundary = draw(st.sampled_from([b"b", b"b", b"b", b'"b"', b"", b"c", b"b; charset=zq9x"]))
    body = draw(st.one_of(st.just(whole), *[damaged(whole)] * 4))
    return "/predict/ink/img", body, {b"content-type": b"multipart/form-data; boundary=" + boundary}


@st.composite
def one(draw: st.DrawFn) -> Request:
    text = draw(st.sampled_from(["", "data:image/png;base64,"])) + base64(
        draw(st.sampled_from([png(), jpeg(), *DICOM]))
    )
    more: dict[str, Any] = draw(st.sampled_from([{}, {"seen": True}, {"probabilities": True}]))
    path = draw(st.sampled_from(["/predict", "/predict/ink", "/predict/bulk/img"]))
    return path, draw(_faulty({"image": text, **more})), JSON


@st.composite
def many(draw: st.DrawFn) -> Request:
    images: list[Any] = [SMALL.tolist(), (SMALL / 255).tolist(), np.repeat(SMALL[:, :, None], 3, 2).tolist()]
    document = {"x": draw(st.sampled_from([*images, images[:2], images, [images[0]] * 3]))}
    document |= draw(st.sampled_from([{}, {"probabilities": True}]))
    path = draw(st.sampled_from(["/predict/batch", "/prediction/batch", "/predict/ink/batch"]))
    return path, draw(_faulty(document)), JSON


@st.composite
def v1(draw: st.DrawFn) -> Request:
    instances = [
        {"b64": base64(png())},
        {"image_bytes": {"b64": base64(jpeg())}},
        {"b64": base64(DICOM[0])},
        SMALL.tolist(),
    ]
    chosen = draw(st.permutations(instances))[: draw(st.integers(1, 3))]
    return "/v1/models/bulk:predict", draw(_faulty({"instances": chosen})), JSON


@st.composite
def v2(draw: st.DrawFn) -> Request:
    files = {"shape": [2], "datatype": "BYTES", "data": [base64(png()), base64(jpeg())]}
    level = draw(st.integers(100, 255))
    numbers = {"shape": [1, 28, 28], "datatype": "FP32", "data": (BAR / 255 * level / 255).tolist()}
    tensor = {"name": "input", **draw(st.sampled_from([files, numbers]))}
    return "/v2/models/ink/infer", draw(_faulty({"inputs": [tensor]})), JSON


@st.composite
def v2_binary(draw: st.DrawFn) -> Request:
    shape, datatype, packed = draw(
        st.sampled_from(
            [
                ([2], "BYTES", b"".join(struct.pack("<I", len(data)) + data for data in (png(), DICOM[-1]))),
                ([2, 28, 28], "FP32", (np.stack([BAR, BLOCK]) / np.float32(255)).astype("<f4").tobytes()),
            ]
        )
    )
    tensor = {"name": "input", "shape": shape, "datatype": datatype, "parameters": {"binary_data_size": len(packed)}}
    document = {"inputs": [tensor]}
    head = draw(faulty_json(document) | st.just(to_json(document)))
    headers = {b"content-type": b"application/octet-stream", b"inference-header-content-length": b"%d" % len(head)}
    body = draw(st.one_of(st.just(packed), damaged(packed), damaged(packed)))
    return "/v2/models/ink/infer", head + body, headers


def _faulty(document: Any) -> st.SearchStrategy[bytes]:
    """Return the document as it is, or with faults in its structure or, less often, in its text."""
    # Blanks make the valid bodies differ, since Hypothesis draws no body twice.
    valid = st.integers(0, 1000).map(lambda blanks: to_json(document) + b" " * blanks)
    return st.one_of(valid, faulty_json(document), faulty_json(document), damaged(to_json(document)))


@pytest.fixture
def table(sign: Predictor, ink: Predictor, bulk: Predictor) -> Routes:
    return routing.api_routes([sign, ink, bulk])


@pytest.mark.parametrize("kind", [file, dicom_file, form, one, many, v1, v2, v2_binary], ids=lambda kind: kind.__name__)
def test_any_body_is_answered_or_refused(table: Routes, kind: Callable[[], st.SearchStrategy[Request]]) -> None:
    statuses: Counter[int] = Counter()

    @seed(SEED)
    @settings(
        max_examples=OF_EACH,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(kind())
    def check(request: Request) -> None:
        statuses[_status(table, *request)] += 1

    check()
    assert statuses[400] > OF_EACH / 10, statuses
    assert statuses[200] > OF_EACH / 20, statuses


def _status(table: Routes, path: str, body: bytes, headers: Headers) -> int:
    route = table[path, "POST"]
    if route.choose is not None:
        route = route.choose(body, headers)
    assert route.handler is not None
    try:
        answer = route.handler(body, headers)
    except ServingError as error:
        check_refusal({"error": error.sentence, "reason": error.reason})
        return error.status
    if answer.headers[0][1] == b"application/json":
        msgspec.json.decode(answer.body)
    return 200
