import struct
from typing import Any

import pytest

from tests.server.fuzz import good, right
from tests.server.fuzz.paper import Refused, Unclear, alike
from tests.server.fuzz.request import Request
from tests.server.fuzz.right_v2 import as_json


def ask(target: str, body: bytes, *headers: tuple[bytes, bytes]) -> Any:
    return right.answer(Request(target.encode(), body, headers or (good.JSON,)))


def test_plain_batch_and_v1() -> None:
    high = {"label": "high", "prediction": 1, "probability": 0.8807970779778823}
    assert alike(ask("/predict", b'{"x":3,"y":-1}'), high)
    assert alike(ask("/predict/batch", b'{"instances":[[3,-1]]}'), {"predictions": [high]})
    assert ask("/v1/models/gap:predict", b'{"instances":[{},[null],{"x":2}]}') == {"predictions": [-1.0, -1.0, 2.0]}
    assert ask("/v1/models/price:predict", b'{"instances":[["blue",1],["no",1]],"a":{}}') == {"predictions": [3.0, 1.0]}


def test_v2_in_json_and_binary() -> None:
    tensor = b'{"inputs":[{"name":"input","shape":[2,1],"datatype":"FP64",%b}]}'
    inline = ask("/v2/models/gap/infer", tensor % b'"data":[[1],[2]]')
    assert inline["outputs"] == [{"name": "prediction", "shape": [2], "datatype": "FP64", "data": [1.0, 2.0]}]
    head = tensor % b'"parameters":{"binary_data_size":16}'
    length = (good.JSON_LENGTH, b"%d" % len(head))
    packed = ask("/v2/models/gap/infer", head + struct.pack("<2d", 1, float("nan")), good.OCTETS, length)
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
            b'\xef\xbb\xbf{"x":3,"y":1}',
            b'{"x":3,"y":1e999}',
        ),
        *(b'{"x":3,"y":' + b"9" * 5000 + b"}", b'{"x":3,"y":"\xff"}'),
    ],
)
def test_what_is_not_exactly_a_row_is_refused(body: bytes) -> None:
    with pytest.raises(Refused):
        ask("/predict", body)


@pytest.mark.parametrize(
    "ignored", [rb'"\ud800"', b"1e999", b"9" * 5000, b"[" * 300 + b"]" * 300, b"[" * 20_000 + b"]" * 20_000]
)
def test_what_nobody_reads_may_be_refused_or_not(ignored: bytes) -> None:
    with pytest.raises(Unclear):
        ask("/predict/batch", b'{"instances":[[1,1]],"a":' + ignored + b"}")


def test_the_head_decides_too() -> None:
    row = b'{"x":3,"y":-1}'
    for headers in ([(b"Content-Type", b"text/plain")], [good.JSON, (b"Content-Encoding", b"gzip")]):
        with pytest.raises(Refused):
            ask("/predict", row, *headers)
    with pytest.raises(Unclear):
        ask("/predict", row, good.JSON, good.JSON)
    with pytest.raises(Refused):
        ask("/predict/", row)
    assert ask("/%70redict?a=b", row)["label"] == "high"


def test_a_refusal_is_certain_only_of_a_plain_head() -> None:
    assert right.certain(Request(b"/predict?a=b"))
    assert not right.certain(Request(b"/%70redict"))
    assert not right.certain(Request(b"/predict", headers=((b"Expect", b"wonders"),)))
    assert not right.certain(Request(b"/predict", headers=((b"X-Envoy-Expected-Rq-Timeout-Ms", b"0"),)))
