import struct
from typing import Any

import pytest

from tests.server.fuzz import oracle
from tests.server.fuzz.models import Refused, Unclear, alike
from tests.server.fuzz.oracle_v2 import as_json
from tests.server.fuzz.request import JSON, JSON_LENGTH, OCTETS, Request


def predict(target: str, body: bytes, *headers: tuple[bytes, bytes]) -> Any:
    return oracle.answer(Request(target.encode(), body, headers or (JSON,)))


def test_predict_batch_and_v1() -> None:
    high = {"label": "high", "prediction": 1, "probability": 0.8807970779778823}
    assert alike(predict("/predict", b'{"x":3,"y":-1}'), high)
    assert alike(predict("/predict/batch", b'{"instances":[[3,-1]]}'), {"predictions": [high]})
    assert predict("/v1/models/gap:predict", b'{"instances":[{},[null],{"x":2}]}') == {"predictions": [-1.0, -1.0, 2.0]}
    assert predict("/v1/models/price:predict", b'{"instances":[["blue",1],["no",1]],"a":{}}') == {
        "predictions": [3.0, 1.0]
    }


def test_v2_json_and_binary() -> None:
    tensor = b'{"inputs":[{"name":"input","shape":[2,1],"datatype":"FP64",%b}]}'
    inline = predict("/v2/models/gap/infer", tensor % b'"data":[[1],[2]]')
    assert inline["outputs"] == [{"name": "prediction", "shape": [2], "datatype": "FP64", "data": [1.0, 2.0]}]
    head = tensor % b'"parameters":{"binary_data_size":16}'
    length = (JSON_LENGTH, b"%d" % len(head))
    packed = predict("/v2/models/gap/infer", head + struct.pack("<2d", 1, float("nan")), OCTETS, length)
    assert packed["outputs"][0]["data"] == [1.0, -1.0]


def test_binary_outputs_are_read_as_json() -> None:
    head = b'{"outputs":[{"name":"prediction","datatype":"INT64","parameters":{"binary_data_size":8}}]}'
    headers = {b"inference-header-content-length": b"%d" % len(head)}
    read = as_json(head + struct.pack("<q", 7), headers)
    assert read == {"outputs": [{"name": "prediction", "datatype": "INT64", "data": [7]}]}
    with pytest.raises(AssertionError):
        as_json(head + struct.pack("<q", 7) + b"\0", headers)


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b"[3,-1]",
            b'{"x":3}',
            b'{"x":3,"y":1,"z":1}',
            b'{"x":3,"y":true}',
            b'{"x":3,"y":"1"}',
            b'{"x":3,"y":1e39}',
        ),
        *(
            b'{"x":3,"y":1,"y":1}',
            b'{"x":3,"y":NaN}',
            b'{"x":3,"y":1}x',
            b'\xef\xbb\xbf\xef\xbb\xbf{"x":3,"y":1}',
            b'{"x":3,"y":1e999}',
        ),
        *(b'{"x":3,"y":' + b"9" * 5000 + b"}", b'{"x":3,"y":"\xff"}'),
    ],
)
def test_anything_but_one_row_is_refused(body: bytes) -> None:
    with pytest.raises(Refused):
        predict("/predict", body)


def test_a_byte_order_mark_is_no_part_of_the_row() -> None:
    assert predict("/predict", b'\xef\xbb\xbf{"x":3,"y":1}') == predict("/predict", b'{"x":3,"y":1}')


@pytest.mark.parametrize(
    "ignored", [rb'"\ud800"', b"1e999", b"9" * 5000, b"[" * 300 + b"]" * 300, b"[" * 20_000 + b"]" * 20_000]
)
def test_unusual_values_that_are_ignored_are_unclear(ignored: bytes) -> None:
    with pytest.raises(Unclear):
        predict("/predict/batch", b'{"instances":[[1,1]],"a":' + ignored + b"}")


def test_headers_and_path_decide_too() -> None:
    row = b'{"x":3,"y":-1}'
    for headers in ([(b"Content-Type", b"text/plain")], [JSON, (b"Content-Encoding", b"gzip")]):
        with pytest.raises(Refused):
            predict("/predict", row, *headers)
    with pytest.raises(Unclear):
        predict("/predict", row, JSON, JSON)
    with pytest.raises(Refused):
        predict("/predict/", row)
    assert predict("/%70redict?a=b", row)["label"] == "high"


def test_only_a_plain_head_is_certain_to_be_accepted() -> None:
    assert oracle.certain(Request(b"/predict?a=b"))
    assert not oracle.certain(Request(b"/%70redict"))
    assert not oracle.certain(Request(b"/predict", headers=((b"Expect", b"wonders"),)))
    assert not oracle.certain(Request(b"/predict", headers=((b"X-Envoy-Expected-Rq-Timeout-Ms", b"0"),)))
