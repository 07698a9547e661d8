"""The benchmark's requests in each protocol, and how the predicted classes are read from a response."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from typing import Any

import numpy as np

Row = dict[str, Any]  # values by name: numbers or strings
LabelledRows = tuple[Sequence[Row], Sequence[float]]  # rows, and the class that the pipeline predicts for each

JSON = {"Content-Type": "application/json"}
JSON_LENGTH = "Inference-Header-Content-Length"
NUMPY_TYPES = {"INT64": "<i8", "INT32": "<i4"}
OK = 200


class MeasurementError(Exception):
    """A server could not be measured; the message says why."""


@dataclass(frozen=True)
class RequestSpec:
    """A POST request that is sent repeatedly, and the response that it must get.

    Attributes:
        path: the target, without a query.
        body: the request's body.
        expected: the classes that the response must hold.
        read: returns the classes in a response, given its body and headers.
        headers: all of the request's headers but `Host` and `Content-Length`.
    """

    path: str
    body: bytes
    expected: Sequence[float]
    read: Callable[[bytes, Mapping[str, str]], Sequence[float]]
    headers: Mapping[str, str]

    def http(self) -> bytes:
        """Return the whole request as it is sent."""
        fields = {"Host": "127.0.0.1", **self.headers, "Content-Length": len(self.body)}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return f"POST {self.path} HTTP/1.1\r\n{head}\r\n".encode() + self.body

    def check(self, port: int) -> bytes:
        """Send the request once and return the response's body.

        Raises:
            MeasurementError: the response is not a 200 with the expected classes.
            OSError: there is no response.
        """
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request("POST", self.path, self.body, dict(self.headers))
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        if response.status != OK:
            raise MeasurementError(f"{self.path} returned {response.status}: {body[:300].decode(errors='replace')}")
        if list(self.read(body, dict(response.headers))) != list(self.expected):
            raise MeasurementError(f"{self.path} predicted other classes than the pipeline: {body[:300]!r}")
        return body


def predict(rows: LabelledRows) -> RequestSpec:
    (row,), expected = rows
    return RequestSpec("/predict", _json(row), expected, lambda body, _: [json.loads(body)["prediction"]], JSON)


def constant(_rows: LabelledRows) -> RequestSpec:
    """Return a request to a server that always sends the same response, which is not checked."""
    return RequestSpec("/predict", b"{}", (), lambda *_: (), JSON)


def predict_batch(rows: LabelledRows) -> RequestSpec:
    return RequestSpec("/predict/batch", _json({"instances": rows[0]}), rows[1], _read_batch, JSON)


def v1(rows: LabelledRows) -> RequestSpec:
    document = _json({"instances": _values(rows)})
    return RequestSpec(
        "/v1/models/model:predict", document, rows[1], lambda body, _: json.loads(body)["predictions"], JSON
    )


def v1_objects(rows: LabelledRows) -> RequestSpec:
    """Return a request with the rows as objects in one instance, of which KServe makes one DataFrame."""
    document = _json({"instances": [list(rows[0])]})
    return replace(v1(rows), body=document)


def v2_json(rows: LabelledRows) -> RequestSpec:
    """Return a request with the tensor's data flat in the JSON, as in the protocol's own examples."""
    data = [value for row in _values(rows) for value in row]
    document = _json({"id": "1", "inputs": [_tensor(rows, {"data": data})]})
    return RequestSpec("/v2/models/model/infer", document, rows[1], read_v2, JSON)


def v2_binary(rows: LabelledRows) -> RequestSpec:
    """Return a request with the tensor as bytes after the JSON, and the same form for the response."""
    data = np.array(_values(rows), "<f4").tobytes()
    tensor = _tensor(rows, {"parameters": {"binary_data_size": len(data)}})
    document = _json({"id": "1", "inputs": [tensor], "parameters": {"binary_data_output": True}})
    headers = {"Content-Type": "application/octet-stream", JSON_LENGTH: str(len(document))}
    return RequestSpec("/v2/models/model/infer", document + data, rows[1], read_v2, headers)


def get(path: str) -> bytes:
    """Return a whole GET request, such as a probe."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def read_v2(body: bytes, headers: Mapping[str, str]) -> Sequence[int]:
    """Return the values of the first output, in JSON or in binary; later outputs are probabilities."""
    length = {name.lower(): value for name, value in headers.items()}.get(JSON_LENGTH.lower())
    if length is None:
        data: list[int] = json.loads(body)["outputs"][0]["data"]
        return data
    output = json.loads(body[: int(length)])["outputs"][0]
    binary = body[int(length) :][: output["parameters"]["binary_data_size"]]
    classes: list[int] = np.frombuffer(binary, NUMPY_TYPES[output["datatype"]]).tolist()
    return classes


def _read_batch(body: bytes, _headers: Mapping[str, str]) -> Sequence[int]:
    return [prediction["prediction"] for prediction in json.loads(body)["predictions"]]


def _values(rows: LabelledRows) -> list[list[float]]:
    return [list(row.values()) for row in rows[0]]


def _tensor(rows: LabelledRows, content: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": "input", "shape": [len(rows[0]), len(rows[0][0])], "datatype": "FP32", **content}


def _json(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
