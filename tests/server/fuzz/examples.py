"""Valid requests for the inputs whose faults are outside the body: each model in each protocol."""

import struct
from random import Random
from typing import Any

from tests.server.fuzz.documents import Document
from tests.server.fuzz.request import Request

_SIGN = {"name": "input", "shape": [2, 2], "datatype": "FP32", "data": [3, -1, 0.25, -7.5]}
_GAP = {"name": "input", "shape": [1, 1], "datatype": "FP64", "data": [[-123456.789]]}
_COLOUR = {"name": "colour", "shape": [2, 1], "datatype": "BYTES", "data": ["red", "grün"]}
_SIZE = {"name": "size", "shape": [2, 1], "datatype": "FP32", "data": [[1.5], [0]]}


def _in_binary(tensor: dict[str, Any], size: int) -> dict[str, Any]:
    named = {key: tensor[key] for key in ("name", "shape", "datatype")}
    return {**named, "parameters": {"binary_data_size": size}}


VALID: tuple[Request, ...] = tuple(
    Document(*parts).request()
    for parts in (
        (b"/predict", {"x": 3, "y": -1}),
        (b"/predict/sign", {"y": 0.5, "x": -2}),
        (b"/predict/price", {"colour": "red", "size": 2.5}),
        (b"/predict/gap", {"x": 1e6}),
        (b"/predict/gap", {}),
        (b"/predict/batch", {"instances": [{"x": 3, "y": -1}, [0.25, -7.5]]}),
        (b"/predict/price/batch", {"instances": [["", 1], {"size": 3, "colour": "green"}]}),
        (b"/predict/gap/batch", {"instances": [[None], {}, {"x": None}, [4.5]]}),
        (b"/v1/models/sign:predict", {"instances": [[3, -1]] * 4}),
        (b"/v1/models/price:predict", {"instances": [["blue", 999999.5]]}),
        (b"/v1/models/gap:predict", {"instances": [{"x": -0.01}, [None]]}),
        (b"/v2/models/sign/infer", {"inputs": [_SIGN]}),
        (b"/v2/models/sign/infer", {"id": "seven", "inputs": [_SIGN], "outputs": [{"name": "probabilities"}]}),
        (b"/v2/models/price/infer", {"inputs": [_SIZE, _COLOUR], "parameters": {"binary_data_output": True}}),
        (b"/v2/models/gap/infer", {"inputs": [_GAP], "outputs": [{"name": "prediction"}]}),
        (b"/v2/models/sign/versions/1.2.3/infer", {"inputs": [_SIGN]}),
        (b"/v2/models/sign/infer", {"inputs": [_in_binary(_SIGN, 16)]}, struct.pack("<4f", 3, -1, 0.25, -7.5)),
        (
            b"/v2/models/gap/infer",
            {
                "inputs": [_in_binary(_GAP, 8)],
                "outputs": [{"name": "prediction", "parameters": {"binary_data": True}}],
            },
            struct.pack("<d", -123456.789),
        ),
        (
            b"/v2/models/price/infer",
            {"inputs": [_in_binary(_COLOUR, 16), _in_binary(_SIZE, 8)]},
            struct.pack("<I3sI5s2f", 3, b"red", 5, "grün".encode(), 1.5, 0),
        ),
    )
)


def valid_request(random: Random) -> Request:
    return random.choice(VALID)
