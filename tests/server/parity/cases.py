"""The requests that are sent to both KServe and this server, by name. The model is the bundle `sign`.

It is served under two names, `sign` and `table`; plain_kserve.py says how KServe's servers of the two differ.
"""

import gzip
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.server import struct_codes

JSON = {"content-type": "application/json"}
OCTET_STREAM = {"content-type": "application/octet-stream"}

ROWS = [[1, 1], [-3, 1]]
TENSOR = {"name": "input", "shape": [2, 2], "datatype": "FP32", "data": [1, 1, -3, 1]}
BYTES = struct.pack("<4f", 1, 1, -3, 1)
BINARY = {"name": "input", "shape": [2, 2], "datatype": "FP32", "parameters": {"binary_data_size": 16}}


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def v1(document: Any, headers: Mapping[str, str] = JSON) -> Request:
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Request("POST", "/v1/models/sign:predict", content, headers)


def v2(document: Any, headers: Mapping[str, str] = JSON) -> Request:
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Request("POST", "/v2/models/sign/infer", content, headers)


def binary(
    document: Any, following: bytes = BYTES, headers: Mapping[str, str] = OCTET_STREAM, length: str = ""
) -> Request:
    head = json.dumps(document).encode()
    length_header = {"inference-header-content-length": length or str(len(head))}
    return Request("POST", "/v2/models/sign/infer", head + following, {**headers, **length_header})


def tensor(**changes: Any) -> Request:
    return v2({"inputs": [TENSOR | changes]})


V1 = {
    "rows": v1({"instances": ROWS}),
    "rows with other keys": v1({"instances": ROWS, "signature_name": "serving", "more": [{}]}),
    "rows without Content-Type": v1({"instances": ROWS}, {}),
    "rows with a charset": v1({"instances": ROWS}, {"content-type": "application/json; charset=utf-8"}),
    "rows as application/octet-stream": v1({"instances": ROWS}, OCTET_STREAM),
    "rows as text/plain": v1({"instances": ROWS}, {"content-type": "text/plain"}),
    "rows as objects": v1({"instances": [{"x": 1, "y": 1}]}),
    "rows under inputs": v1({"inputs": ROWS}),
    "no rows": v1({"instances": []}),
    "rows that are not a list": v1({"instances": 7}),
    "one row instead of rows": v1({"instances": [1, 1]}),
    "rows of different lengths": v1({"instances": [[1, 1], [1]]}),
    "rows too long": v1({"instances": [[1, 1, 1]]}),
    "strings in rows": v1({"instances": [["1", "1"]]}),
    "booleans in rows": v1({"instances": [[True, 1]]}),
    "nulls in rows": v1({"instances": [[None, 1]]}),
    "numbers out of range in rows": v1({"instances": [[1e39, 1]]}),
    "NaN in rows": v1(b'{"instances":[[NaN,1]]}'),
    "instances twice": v1(b'{"instances":[[1,1]],"instances":[[-3,1]]}'),
    "invalid JSON for rows": v1(b'{"instances":[[1,1]'),
    "empty V1 body": v1(b""),
    "a V1 CloudEvent in headers": v1(
        {"instances": ROWS}, {**JSON, "ce-id": "1", "ce-source": "s", "ce-specversion": "1.0", "ce-type": "t"}
    ),
    "a V1 CloudEvent in JSON": v1(
        {"id": "1", "source": "s", "specversion": "1.0", "type": "t", "data": {"instances": ROWS}},
        {"content-type": "application/cloudevents+json"},
    ),
}

V2_JSON = {
    "tensor": v2({"inputs": [TENSOR]}),
    "tensor with id": v2({"id": "seven:7", "inputs": [TENSOR]}),
    "tensor with empty id": v2({"id": "", "inputs": [TENSOR]}),
    "tensor with nulls": v2(
        {"id": None, "parameters": None, "outputs": None, "inputs": [TENSOR | {"parameters": None}]}
    ),
    "tensor with nested data": tensor(data=ROWS),
    "tensor with parameters": v2(
        {"parameters": {"a": 1, "b": "x", "c": True}, "inputs": [TENSOR | {"parameters": {}}]}
    ),
    "tensor with other keys": v2({"model_name": "x", "more": [1], "inputs": [TENSOR | {"more": {}}]}),
    "tensor with a charset": v2({"inputs": [TENSOR]}, {"content-type": "application/json; charset=utf-8"}),
    "tensor with the length of the JSON": binary({"inputs": [TENSOR]}, b"", JSON),
    "tensor without Content-Type": v2({"inputs": [TENSOR]}, {}),
    "tensor as application/octet-stream": v2({"inputs": [TENSOR]}, OCTET_STREAM),
    "tensor as text/plain": v2({"inputs": [TENSOR]}, {"content-type": "text/plain"}),
    "datatype in lower case": tensor(datatype="fp32"),
    "one output": v2({"inputs": [TENSOR], "outputs": [{"name": "probabilities"}]}),
    "outputs in another order": v2(
        {"inputs": [TENSOR], "outputs": [{"name": "probabilities"}, {"name": "prediction"}]}
    ),
    "outputs with null parameters": v2({"inputs": [TENSOR], "outputs": [{"name": "prediction", "parameters": None}]}),
    "empty outputs": v2({"inputs": [TENSOR], "outputs": []}),
    "unknown output": v2({"inputs": [TENSOR], "outputs": [{"name": "x"}]}),
    "an output twice": v2({"inputs": [TENSOR], "outputs": [{"name": "prediction"}] * 2}),
    "parameters that are not scalars": v2({"parameters": {"a": {"x": 1}, "b": None}, "inputs": [TENSOR]}),
    "id that is not a string": v2({"id": 7, "inputs": [TENSOR]}),
    "tensor without data": v2({"inputs": [{"name": "input", "shape": [2, 2], "datatype": "FP32"}]}),
    "no inputs": v2({"inputs": []}),
    "empty V2 object": v2({}),
    "a list instead of a V2 request": v2([]),
    "invalid JSON for a V2 request": v2(b"{"),
    "empty V2 body": v2(b""),
    "another datatype": tensor(datatype="FP64"),
    "strings as the datatype": tensor(datatype="BYTES"),
    "another input": tensor(name="x"),
    "input twice": v2({"inputs": [TENSOR, TENSOR]}),
    "inputs twice": v2(b'{"inputs":[%b],"inputs":[%b]}' % ((json.dumps(TENSOR).encode(),) * 2)),
    "negative shape": tensor(shape=[-1, 2]),
    "zero rows in shape": tensor(shape=[0, 2], data=[]),
    "shape of floats": tensor(shape=[2.0, 2]),
    "shape larger than the data": tensor(shape=[3, 2]),
    "huge shape": tensor(shape=[10**12, 2]),
    "flat shape": tensor(shape=[4]),
    "nested data in another shape": tensor(data=[[1, 1, -3, 1]]),
    "strings in data": tensor(data=["1", "1", "-3", "1"]),
    "booleans in data": tensor(data=[True, 1, -3, 1]),
    "nulls in data": tensor(data=[None, 1, -3, 1]),
    "numbers out of range in data": tensor(data=[1e39, 1, -3, 1]),
}

V2_BINARY = {
    "binary tensor": binary({"inputs": [BINARY]}),
    "binary tensor with id": binary({"id": "b", "inputs": [BINARY], "model_name": "x"}),
    "binary tensor with nulls": binary(
        {"id": None, "parameters": None, "outputs": None, "inputs": [BINARY | {"data": None}]}
    ),
    "binary tensor without Content-Type": binary({"inputs": [BINARY]}, headers={}),
    "JSON tensor in a binary request": binary({"inputs": [TENSOR]}, b""),
    "binary input and output": binary({"inputs": [BINARY], "parameters": {"binary_data_output": True}}),
    "JSON in, binary out": v2({"inputs": [TENSOR], "parameters": {"binary_data_output": True}}),
    "binary output declined": v2({"inputs": [TENSOR], "parameters": {"binary_data_output": False}}),
    "one output binary": v2(
        {
            "inputs": [TENSOR],
            "outputs": [
                {"name": "prediction", "parameters": {"binary_data": True}},
                {"name": "probabilities", "parameters": {"binary_data": False}},
            ],
        }
    ),
    "binary output by default": v2(
        {"inputs": [TENSOR], "parameters": {"binary_data_output": True}, "outputs": [{"name": "prediction"}]}
    ),
    "binary output requested by a number": v2({"inputs": [TENSOR], "parameters": {"binary_data_output": 1}}),
    "binary tensor as JSON": binary({"inputs": [BINARY]}, headers=JSON),
    "binary tensor without the length": Request(
        "POST", "/v2/models/sign/infer", json.dumps({"inputs": [BINARY]}).encode() + BYTES, OCTET_STREAM
    ),
    "length that is not a number": binary({"inputs": [BINARY]}, length="x"),
    "length beyond the body": binary({"inputs": [BINARY]}, length="9999"),
    "negative length": binary({"inputs": [BINARY]}, length="-1"),
    "bytes missing": binary({"inputs": [BINARY]}, BYTES[:-4]),
    "bytes left over": binary({"inputs": [BINARY]}, BYTES + b"1234"),
    "binary size together with data": binary({"inputs": [TENSOR | BINARY]}),
    "no binary size": binary({"inputs": [BINARY | {"parameters": {}}]}),
    "binary NaN": binary({"inputs": [BINARY]}, struct.pack("<4f", 1, float("nan"), -3, 1)),
}

X = {"name": "x", "shape": [2], "datatype": "FP64", "data": [1, -3]}
Y = {"name": "y", "shape": [2], "datatype": "INT64", "data": [1, 1]}
PD = {"parameters": {"content_type": "pd"}}
NP = {"parameters": {"content_type": "np"}}


def table(*tensors: dict[str, Any], **more: Any) -> Request:
    return replace(v2({"inputs": tensors, **more}), path="/v2/models/table/infer")


def packed_table(datatype: str) -> Request:
    values = struct.pack(f"<4{struct_codes.ALL[datatype]}", 1, 1, 0, 0)
    sent = {"name": "input-0", "shape": [2, 2], "datatype": datatype, "parameters": {"binary_data_size": len(values)}}
    return replace(binary({"inputs": [sent]}, values), path="/v2/models/table/infer")


TABLES = {
    "a matrix called input-0": table(TENSOR | {"name": "input-0"}),
    "a matrix called predict": table(TENSOR | {"name": "predict"}, **NP),
    "a matrix with content_type np of its own": table(TENSOR | {"name": "input-0"} | NP),
    **{f"a matrix of {name}": table(TENSOR | {"datatype": name, "data": [1, 1, 0, 0]}) for name in struct_codes.WHOLE},
    "a matrix of FP64": table(TENSOR | {"datatype": "FP64", "data": [[1.5, 1], [-3.25, 1]]}),
    "a matrix of FP16": table(TENSOR | {"datatype": "FP16"}),
    "a matrix of BOOL": table(TENSOR | {"datatype": "BOOL", "data": [True, True, False, False]}),
    **{f"a binary matrix of {name}": packed_table(name) for name in struct_codes.ALL},
    "columns with content_type pd": table(X, Y, **PD),
    "columns in another order": table(Y, X, **PD),
    "columns with two axes": table(X | {"shape": [2, 1]}, Y | {"shape": [2, 1]}, **PD),
    "columns with a content_type of their own": table(X | NP, Y | NP, **PD),
    "columns with an id": table(X, Y, id="seven", **PD),
    "columns without content_type": table(X, Y),
    "columns with content_type np": table(X, Y, **NP),
    "binary columns": replace(
        binary(
            {
                "inputs": [
                    {"name": "x", "shape": [2], "datatype": "FP64", "parameters": {"binary_data_size": 16}},
                    {"name": "y", "shape": [2], "datatype": "INT8", "parameters": {"binary_data_size": 2}},
                ],
                **PD,
            },
            struct.pack("<2d2b", 1, -3, 1, 1),
        ),
        path="/v2/models/table/infer",
    ),
    "a column is missing": table(X, **PD),
    "a column too many": table(X, Y, Y | {"name": "z"}, **PD),
    "a column twice": table(X, Y, X, **PD),
    "columns of different lengths": table(X, Y | {"shape": [1], "data": [1]}, **PD),
    "a matrix with content_type pd": table(TENSOR, **PD),
    "fractions as whole numbers": table(TENSOR | {"datatype": "INT32", "data": [1.5, 1, -3.5, 1]}),
    "a number beyond its own datatype": table(TENSOR | {"datatype": "INT8", "data": [300, 1, -3, 1]}),
    "a number of FP64 beyond FP32": table(TENSOR | {"datatype": "FP64", "data": [1e39, 1, -3, 1]}),
    "numbers as BOOL": table(TENSOR | {"datatype": "BOOL", "data": [7, 1, 0, 0]}),
    "a whole body": Request(
        "POST", "/v2/models/table/infer", BYTES, OCTET_STREAM | {"inference-header-content-length": "0"}
    ),
}

OTHER_PATHS = {
    f"{method} {path}": Request(method, path)
    for method, path in [
        ("GET", "/"),
        ("GET", "/v1/models"),
        ("GET", "/v1/models/sign"),
        ("GET", "/v1/models/unknown"),
        ("GET", "/v1/models/sign:predict"),
        ("GET", "/v2"),
        ("GET", "/v2/health/live"),
        ("GET", "/v2/health/ready"),
        ("GET", "/v2/models"),
        ("GET", "/v2/models/sign"),
        ("GET", "/v2/models/sign/ready"),
        ("GET", "/v2/models/unknown"),
        ("GET", "/v2/models/unknown/ready"),
        ("GET", "/v2/models/sign/infer"),
        ("GET", "/v2/models/sign/versions/1"),
        ("GET", "/v2/models/sign/versions/1/ready"),
        ("GET", "/v2/models/sign/versions/1.2.3"),
        ("GET", "/v2/models/sign/versions/1.2.3/ready"),
        ("GET", "/v2/"),
        ("GET", "/nothing"),
        ("HEAD", "/v2"),
        ("POST", "/v2"),
        ("POST", "/v2/repository/index"),
        ("POST", "/v2/repository/models/sign/load"),
        ("POST", "/v2/repository/models/unknown/unload"),
    ]
} | {
    "rows for an unknown model": Request(
        "POST", "/v1/models/unknown:predict", json.dumps({"instances": ROWS}).encode(), JSON
    ),
    "tensor for an unknown model": Request(
        "POST", "/v2/models/unknown/infer", json.dumps({"inputs": [TENSOR]}).encode(), JSON
    ),
    "explanation": Request("POST", "/v1/models/sign:explain", json.dumps({"instances": ROWS}).encode(), JSON),
    "versioned infer": Request(
        "POST", "/v2/models/sign/versions/1/infer", json.dumps({"inputs": [TENSOR]}).encode(), JSON
    ),
    "compressed body": v2(
        gzip.compress(json.dumps({"inputs": [TENSOR]}).encode()), {**JSON, "content-encoding": "gzip"}
    ),
}

CASES = V1 | V2_JSON | V2_BINARY | TABLES | OTHER_PATHS
