"""Requests that are right: rows of the three models in each protocol, with values drawn anew each time."""

import struct
from collections.abc import Callable
from random import Random
from typing import Any

from tests.server.fuzz.json_tree import encode, tree
from tests.server.fuzz.request import Request

JSON = (b"Content-Type", b"application/json")
OCTETS = (b"Content-Type", b"application/octet-stream")
JSON_LENGTH = b"Inference-Header-Content-Length"

Written = tuple[bytes, Any, bytes]
"""The target, the JSON document, and the binary part behind it."""


def _number(random: Random) -> float:
    return random.choice((0, 1, -1, 3, round(random.uniform(-9, 9), 2), random.uniform(-1e6, 1e6)))


def _row(random: Random, model: str) -> dict[str, Any]:
    if model == "sign":
        return {"x": _number(random), "y": _number(random)}
    if model == "price":
        return {"colour": random.choice(("red", "blue", "green", "")), "size": _number(random)}
    return random.choice(({"x": _number(random)}, {"x": None}, {}))


def _either(random: Random, row: dict[str, Any]) -> Any:
    """The row as it is, or as the list of its values."""
    return (list(row.values()) or [None]) if random.random() < 0.5 else row


def _model(random: Random) -> str:
    return random.choice(("sign", "price", "gap"))


def _predict(model: str) -> bytes:
    return b"/predict/%b" % model.encode() if model else b"/predict"


def plain(random: Random) -> Written:
    model = random.choice(("", "sign", "price", "gap"))
    return _predict(model), _row(random, model or "sign"), b""


def batch(random: Random) -> Written:
    model = random.choice(("", "sign", "price", "gap"))
    rows = [_either(random, _row(random, model or "sign")) for _ in range(random.randint(1, 4))]
    return _predict(model) + b"/batch", {"instances": rows}, b""


def v1(random: Random) -> Written:
    model = _model(random)
    rows = [_either(random, _row(random, model)) for _ in range(random.randint(1, 4))]
    return b"/v1/models/%s:predict" % model.encode(), {"instances": rows}, b""


def v2_json(random: Random) -> Written:
    return _v2(random, random.choice((_flat, _nested)))


def v2_binary(random: Random) -> Written:
    return _v2(random, _packed)


Tensors = dict[str, tuple[str, list[int], list[Any]]]


def _tensors(random: Random, model: str) -> Tensors:
    """name → datatype, shape, values."""
    count = random.randint(1, 3)
    numbers = [_number(random) for _ in range(2 * count)]
    if model == "sign":
        return {"input": ("FP32", [count, 2], numbers)}
    if model == "gap":
        return {"input": ("FP64", [count, 1], numbers[:count])}
    colours = [random.choice(("red", "blue", "grün")) for _ in range(count)]
    return {"colour": ("BYTES", [count, 1], colours), "size": ("FP32", [count, 1], numbers[:count])}


def _v2(random: Random, put: Callable[[str, list[int], list[Any]], tuple[dict[str, Any], bytes]]) -> Written:
    model = _model(random)
    tensors = list(_tensors(random, model).items())
    random.shuffle(tensors)
    document: dict[str, Any] = {"inputs": []}
    binary = b""
    for name, (datatype, shape, values) in tensors:
        data, packed = put(datatype, shape, values)
        document["inputs"].append({"name": name, "shape": shape, "datatype": datatype, **data})
        binary += packed
    document |= random.choice(
        ({}, {"id": "seven"}, {"parameters": {"binary_data_output": True}}, _asked(random, model))
    )
    return b"/v2/models/%s/infer" % model.encode(), document, binary


def _asked(random: Random, model: str) -> dict[str, Any]:
    names = ["prediction", "probabilities"] if model == "sign" else ["prediction"]
    outputs = [{"name": name} | random.choice(({}, {"parameters": {"binary_data": True}})) for name in names]
    random.shuffle(outputs)
    return {"outputs": outputs}


def _flat(_datatype: str, _shape: list[int], values: list[Any]) -> tuple[dict[str, Any], bytes]:
    return {"data": values}, b""


def _nested(_datatype: str, shape: list[int], values: list[Any]) -> tuple[dict[str, Any], bytes]:
    width = shape[1]
    return {"data": [values[start : start + width] for start in range(0, len(values), width)]}, b""


def _packed(datatype: str, _shape: list[int], values: list[Any]) -> tuple[dict[str, Any], bytes]:
    if datatype == "BYTES":
        strings = [value.encode() for value in values]
        packed = b"".join(struct.pack("<I", len(value)) + value for value in strings)
    else:
        packed = struct.pack(f"<{len(values)}{'f' if datatype == 'FP32' else 'd'}", *values)
    return {"parameters": {"binary_data_size": len(packed)}}, packed


PROTOCOLS: tuple[Callable[[Random], Written], ...] = (plain, batch, v1, v2_json, v2_binary)


def request(random: Random) -> Request:
    """One of any protocol, as it should be sent."""
    target, document, binary = random.choice(PROTOCOLS)(random)
    return written(target, encode(tree(document)), binary)


def written(target: bytes, document: bytes, binary: bytes) -> Request:
    if not binary:
        return Request(target, document, (JSON,))
    return Request(target, document + binary, (OCTETS, (JSON_LENGTH, b"%d" % len(document))))
