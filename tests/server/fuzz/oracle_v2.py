"""The correct answer to a V2 request, with tensors in JSON or binary."""

import json
import math
import struct
from collections.abc import Mapping
from typing import Any

from tests.server import struct_codes
from tests.server.fuzz import strict
from tests.server.fuzz.models import MODELS, Model, Refused, Unclear, number, text

_TENSOR = {"name", "shape", "datatype", "data", "parameters"}


def infer(name: str, document: bytes, binary: bytes) -> dict[str, Any]:
    """Return the answer as JSON, with the id None if the server generates one. Raises Refused or Unclear."""
    model = MODELS[name]
    if not document and binary:
        request, rows = {}, _whole(model, binary)
    else:
        request = strict.parse(document)
        _typed(request, {"inputs": list}, {"id": str, "parameters": dict, "outputs": list})
        rows = _rows(model, request["inputs"], binary)
    answered = [model.predict(*row) for row in rows]
    columns: dict[str, list[Any]] = {
        "prediction": [prediction for prediction, _ in answered],
        "probabilities": [probability for _, probabilities in answered for probability in probabilities],
    }
    outputs = [
        {
            "name": output,
            "shape": [len(rows), model.outputs[output][1]][: 1 if output == "prediction" else 2],
            "datatype": model.outputs[output][0],
            "data": columns[output],
        }
        for output in _asked(model, request)
    ]
    strict.check_ignored(request)
    return {"id": request.get("id") or None, "model_name": name, "model_version": model.version, "outputs": outputs}


def as_json(body: bytes, headers: Mapping[bytes, bytes]) -> Any:
    """Return an answer with its binary outputs moved into the JSON. Every byte must belong to one."""
    length = headers.get(b"inference-header-content-length")
    if length is None:
        return json.loads(body)
    document, binary = json.loads(body[: int(length)]), body[int(length) :]
    for output in document["outputs"]:
        if "parameters" in output:
            size = output.pop("parameters")["binary_data_size"]
            code = struct_codes.ALL[output["datatype"]]
            output["data"] = list(struct.unpack(f"<{size // struct.calcsize(code)}{code}", binary[:size]))
            binary = binary[size:]
    assert not binary
    return document


def _typed(value: Any, required: Mapping[str, type], optional: Mapping[str, type]) -> None:
    if type(value) is not dict:
        raise Refused
    for name, kind in {**required, **optional}.items():
        absent = value.get(name) is None
        if (absent and name in required) or (not absent and type(value[name]) is not kind):
            raise Refused


def _whole(model: Model, body: bytes) -> list[tuple[Any, ...]]:
    """Return the rows in Triton's raw form."""
    datatype, width = model.tensors.get("input", ("BYTES", 1))
    if datatype == "BYTES" or (body.strip()[:1] == b"{" and body.strip()[-1:] == b"}"):
        raise Refused
    values = _packed(model, datatype, datatype, body)
    if len(values) % width:
        raise Refused
    return [tuple(row) for row in _folded(values, width)]


def _rows(model: Model, tensors: list[Any], binary: bytes) -> list[tuple[Any, ...]]:
    for tensor in tensors:
        _typed(tensor, {"name": str, "shape": list, "datatype": str}, {"parameters": dict})
        if tensor.keys() - _TENSOR:
            raise Unclear
    names = [tensor["name"] for tensor in tensors]
    in_columns = sorted(names) == sorted(model.fields)
    if not in_columns and ("input" not in model.tensors or len(names) != 1 or names[0] in model.fields):
        raise Refused
    columns: dict[str, list[Any]] = {}
    for tensor in tensors:
        datatype = model.fields[tensor["name"]] if in_columns else model.tensors["input"][0]
        sent = tensor["datatype"].upper()
        if sent not in (("BYTES",) if datatype == "BYTES" else struct_codes.ALL):
            raise Refused
        if not tensor["datatype"].isupper():
            raise Unclear
        width = 1 if in_columns else model.tensors["input"][1]
        columns[tensor["name"]], binary = _values(model, tensor, (sent, datatype), width, binary)
    if binary or len({len(column) for column in columns.values()}) > 1:
        raise Refused
    if not in_columns:
        return [tuple(row) for row in columns[names[0]]]
    return [tuple(value for (value,) in row) for row in zip(*(columns[name] for name in model.fields), strict=True)]


def _values(
    model: Model, tensor: dict[str, Any], datatypes: tuple[str, str], width: int, binary: bytes
) -> tuple[list[list[Any]], bytes]:
    """Return the tensor's rows, and the rest of the binary part. Its own datatype and the field's are given."""
    shape = tensor["shape"]
    if any(type(length) is not int for length in shape):
        raise Refused
    if (shape[1:] != [width] and (width != 1 or len(shape) != 1)) or shape[0] < 1:
        raise Refused
    parameters = tensor.get("parameters") or {}
    if "binary_data_size" not in parameters:
        return _folded(_from_json(model, datatypes, shape, width, tensor.get("data")), width), binary
    size = parameters["binary_data_size"]
    if size is None:
        raise Unclear
    if type(size) is not int or not 0 <= size <= len(binary) or tensor.get("data") is not None:
        raise Refused
    values = _packed(model, *datatypes, binary[:size])
    if len(values) != shape[0] * width:
        raise Refused
    return _folded(values, width), binary[size:]


def _from_json(model: Model, datatypes: tuple[str, str], shape: list[int], width: int, data: Any) -> list[Any]:
    if type(data) is not list or not data:
        raise Refused
    if type(data[0]) is list:
        if len(shape) == 1 or any(type(row) is not list or len(row) != width for row in data):
            raise Refused
        data = [value for row in data for value in row]
    if len(data) != shape[0] * width:
        raise Refused
    if datatypes[0] == "BYTES":
        return [text(value) for value in data]
    return [None if value is None and model.optional else _number(*datatypes, value) for value in data]


def _number(sent: str, datatype: str, value: Any) -> float:
    """Return a number of JSON, rounded to its own datatype and then to the field's."""
    if sent == "BOOL":
        if type(value) is not bool:
            raise Refused
        return float(value)
    if sent in struct_codes.WHOLE:
        try:
            struct.pack(struct_codes.WHOLE[sent], value)
        except struct.error:
            raise Refused from None
        if type(value) is not int:
            raise Refused
    return number(datatype, number(sent, value) if sent.startswith("FP") else value)


def _packed(model: Model, sent: str, datatype: str, packed: bytes) -> list[Any]:
    """Return the values of a binary tensor, rounded to the field's datatype."""
    values = _from_bytes(sent, packed)
    if datatype == "BYTES":
        return values
    if sent == "BOOL" and any(value > 1 for value in values):
        raise Refused
    return [None if model.optional and math.isnan(value) else number(datatype, value) for value in values]


def _folded(values: list[Any], width: int) -> list[list[Any]]:
    return [values[start : start + width] for start in range(0, len(values), width)]


def _from_bytes(datatype: str, packed: bytes) -> list[Any]:
    if datatype != "BYTES":
        code = struct_codes.ALL[datatype]
        if len(packed) % struct.calcsize(code):
            raise Refused
        return list(struct.unpack(f"<{len(packed) // struct.calcsize(code)}{code}", packed))
    strings = []
    while packed:
        length = int.from_bytes(packed[:4], "little")
        if len(packed) < 4 + length:
            raise Refused
        try:
            strings.append(packed[4 : 4 + length].decode())
        except UnicodeDecodeError:
            raise Refused from None
        packed = packed[4 + length :]
    return strings


def _asked(model: Model, request: dict[str, Any]) -> list[str]:
    names = []
    for output in request.get("outputs") or []:
        _typed(output, {"name": str}, {"parameters": dict})
        if type((output.get("parameters") or {}).get("binary_data", True)) is not bool:
            raise Unclear
        names.append(output["name"])
    if len(set(names)) < len(names) or set(names) - model.outputs.keys():
        raise Refused
    if type((request.get("parameters") or {}).get("binary_data_output", True)) is not bool:
        raise Unclear
    return names or list(model.outputs)
