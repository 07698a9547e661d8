"""Strategies for valid requests: rows of the three models in each protocol."""

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.server import struct_codes
from tests.server.fuzz.request import JSON, JSON_LENGTH, OCTETS, Request


@dataclass(frozen=True)
class Document:
    """A prediction request before it is written as bytes.

    Attributes:
        target: the request's target.
        json: the JSON document.
        binary: the binary tensors that follow the JSON.
    """

    target: bytes
    json: Any
    binary: bytes = b""

    def request(self, text: bytes | None = None) -> Request:
        """Return the request, with `text` in place of the JSON document's own text if it is given."""
        text = to_json(self.json) if text is None else text
        if not self.binary:
            return Request(self.target, text, (JSON,))
        return Request(self.target, text + self.binary, (OCTETS, (JSON_LENGTH, b"%d" % len(text))))


def to_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


NUMBERS = st.one_of(
    st.sampled_from([0, 1, -1, 3]),
    st.integers(-900, 900).map(lambda hundredths: hundredths / 100),
    st.floats(-1e6, 1e6, allow_subnormal=False),
)
MODELS = st.sampled_from(["sign", "price", "gap"])
DEFAULT_OR_MODEL = st.sampled_from(["", "sign", "price", "gap"])  # without a name, the first model answers

_ROWS: dict[str, st.SearchStrategy[dict[str, Any]]] = {  # with the fields in the model's order
    "sign": st.tuples(NUMBERS, NUMBERS).map(lambda row: {"x": row[0], "y": row[1]}),
    "price": st.tuples(st.sampled_from(["red", "blue", "green", ""]), NUMBERS).map(
        lambda row: {"colour": row[0], "size": row[1]}
    ),
    "gap": st.one_of((NUMBERS | st.none()).map(lambda x: {"x": x}), st.just({})),
}


@st.composite
def _instances(draw: st.DrawFn, model: str) -> dict[str, Any]:
    rows = draw(st.lists(_ROWS[model], min_size=1, max_size=4))
    return {"instances": [(list(row.values()) or [None]) if draw(st.booleans()) else row for row in rows]}


@st.composite
def predict(draw: st.DrawFn) -> Document:
    model = draw(DEFAULT_OR_MODEL)
    return Document(_predict_path(model), draw(_ROWS[model or "sign"]))


@st.composite
def predict_batch(draw: st.DrawFn) -> Document:
    model = draw(DEFAULT_OR_MODEL)
    return Document(_predict_path(model) + b"/batch", draw(_instances(model or "sign")))


@st.composite
def v1(draw: st.DrawFn) -> Document:
    model = draw(MODELS)
    return Document(b"/v1/models/%b:predict" % model.encode(), draw(_instances(model)))


@st.composite
def _v2(draw: st.DrawFn, encodings: st.SearchStrategy["Encoding"]) -> Document:
    model, encode = draw(MODELS), draw(encodings)
    inputs, binary = [], b""
    for name, datatype, shape, values in draw(_tensors(model).flatmap(st.permutations)):
        content, packed = encode(datatype, shape, values)
        inputs.append({"name": name, "shape": shape, "datatype": datatype, **content})
        binary += packed
    options: list[dict[str, Any]] = [{}, {"id": "seven"}, {"parameters": {"binary_data_output": True}}]
    more = draw(st.sampled_from(options) | _outputs(model))
    return Document(b"/v2/models/%b/infer" % model.encode(), {"inputs": inputs, **more}, binary)


Tensor = tuple[str, str, list[int], list[Any]]  # name, datatype, shape and values
Encoding = Callable[[str, list[int], list[Any]], tuple[dict[str, Any], bytes]]


@st.composite
def _tensors(draw: st.DrawFn, model: str) -> list[Tensor]:
    count = draw(st.integers(1, 3))
    size = 2 * count if model == "sign" else count
    numbers = draw(st.lists(NUMBERS, min_size=size, max_size=size))
    name, datatype = draw(st.sampled_from(["input", "input-0"])), draw(st.sampled_from(["FP32", "FP64"]))
    if model == "sign" and draw(st.booleans()):
        shape = draw(st.sampled_from([[count], [count, 1]]))
        whole = draw(st.lists(st.integers(0, 127), min_size=count, max_size=count))
        y_datatype = draw(st.sampled_from(sorted(struct_codes.WHOLE)))
        return [("x", datatype, shape, numbers[:count]), ("y", y_datatype, shape, whole)]
    if model == "sign":
        return [(name, datatype, [count, 2], numbers)]
    if model == "gap":
        return [(name, datatype, [count, 1], numbers)]
    colours = draw(st.lists(st.sampled_from(["red", "blue", "grün"]), min_size=count, max_size=count))
    return [("colour", "BYTES", [count, 1], colours), ("size", "FP32", [count, 1], numbers)]


@st.composite
def _outputs(draw: st.DrawFn, model: str) -> dict[str, Any]:
    names = draw(st.permutations(["prediction", "probabilities"] if model == "sign" else ["prediction"]))
    binary: dict[str, Any] = {"parameters": {"binary_data": True}}
    return {"outputs": [{"name": name, **(binary if draw(st.booleans()) else {})} for name in names]}


def _flat(_datatype: str, _shape: list[int], values: list[Any]) -> tuple[dict[str, Any], bytes]:
    return {"data": values}, b""


def _nested(_datatype: str, shape: list[int], values: list[Any]) -> tuple[dict[str, Any], bytes]:
    if len(shape) == 1:
        return {"data": values}, b""
    width = shape[1]
    return {"data": [values[start : start + width] for start in range(0, len(values), width)]}, b""


def _packed(datatype: str, _shape: list[int], values: list[Any]) -> tuple[dict[str, Any], bytes]:
    if datatype == "BYTES":
        strings = [value.encode() for value in values]
        packed = b"".join(struct.pack("<I", len(value)) + value for value in strings)
    else:
        packed = struct.pack(f"<{len(values)}{struct_codes.ALL[datatype]}", *values)
    return {"parameters": {"binary_data_size": len(packed)}}, packed


def v2_json() -> st.SearchStrategy[Document]:
    return _v2(st.sampled_from([_flat, _nested]))


def v2_binary() -> st.SearchStrategy[Document]:
    return _v2(st.just(_packed))


def _predict_path(model: str) -> bytes:
    return b"/predict/%b" % model.encode() if model else b"/predict"
