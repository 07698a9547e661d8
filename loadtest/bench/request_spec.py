"""One request as each protocol writes it, and how the classes are read from its answer."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

import numpy as np

Row = dict[str, float]
Rows = tuple[Sequence[Row], Sequence[float]]
"""Rows, and the class of each."""

JSON = {"Content-Type": "application/json"}
JSON_LENGTH = "Inference-Header-Content-Length"
DATATYPES = {"INT64": "<i8", "INT32": "<i4"}
OK = 200


class WrongAnswer(Exception):
    """A server whose speed means nothing; the sentence says what it answered."""


@dataclass(frozen=True)
class Ask:
    """A request that is sent over and over; `right` are the classes in its answer, `read` takes them out of it."""

    path: str
    body: bytes
    right: Sequence[float]
    read: Callable[[bytes, Mapping[str, str]], Sequence[float]]
    headers: Mapping[str, str]

    def http(self) -> bytes:
        """The whole request as it goes over the wire."""
        fields = {"Host": "127.0.0.1", **self.headers, "Content-Length": len(self.body)}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return f"POST {self.path} HTTP/1.1\r\n{head}\r\n".encode() + self.body

    def check(self, port: int) -> bytes:
        """Ask once, and return the answer if it is right. Raises WrongAnswer, or OSError where nothing answers."""
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request("POST", self.path, self.body, dict(self.headers))
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.status != OK:
            raise WrongAnswer(f"{self.path} answered {response.status}: {answer[:300].decode(errors='replace')}")
        if list(self.read(answer, dict(response.headers))) != list(self.right):
            raise WrongAnswer(f"{self.path} answered other classes than the pipeline: {answer[:300]!r}")
        return answer


def plain(rows: Rows) -> Ask:
    (row,), right = rows
    return Ask("/predict", _json(row), right, lambda answer, _: [json.loads(answer)["prediction"]], JSON)


def constant(_rows: Rows) -> Ask:
    """Of a server that always answers the same: any answer will do."""
    return Ask("/predict", b"{}", (), lambda *_: (), JSON)


def batch(rows: Rows) -> Ask:
    return Ask("/predict/batch", _json({"instances": rows[0]}), rows[1], _read_batch, JSON)


def v1(rows: Rows) -> Ask:
    body = _json({"instances": _values(rows)})
    return Ask("/v1/models/model:predict", body, rows[1], lambda answer, _: json.loads(answer)["predictions"], JSON)


def v2(rows: Rows) -> Ask:
    """The tensor in JSON, flat, as the protocol's own examples have it."""
    data = [value for row in _values(rows) for value in row]
    return Ask(
        "/v2/models/model/infer", _json({"id": "1", "inputs": [_tensor(rows, {"data": data})]}), rows[1], read_v2, JSON
    )


def v2_binary(rows: Rows) -> Ask:
    """The tensor as bytes behind the JSON, both ways."""
    data = np.array(_values(rows), "<f4").tobytes()
    tensor = _tensor(rows, {"parameters": {"binary_data_size": len(data)}})
    head = _json({"id": "1", "inputs": [tensor], "parameters": {"binary_data_output": True}})
    headers = {"Content-Type": "application/octet-stream", JSON_LENGTH: str(len(head))}
    return Ask("/v2/models/model/infer", head + data, rows[1], read_v2, headers)


def get(path: str) -> bytes:
    """A whole request without a body, as a probe is."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def _values(rows: Rows) -> list[list[float]]:
    return [list(row.values()) for row in rows[0]]


def _tensor(rows: Rows, content: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": "input", "shape": [len(rows[0]), len(rows[0][0])], "datatype": "FP32", **content}


def _json(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def _read_batch(answer: bytes, _headers: Mapping[str, str]) -> Sequence[int]:
    return [one["prediction"] for one in json.loads(answer)["predictions"]]


def read_v2(answer: bytes, headers: Mapping[str, str]) -> Sequence[int]:
    """The first output: a custom model of KServe has no other, ours has the probabilities after it."""
    length = {name.lower(): value for name, value in headers.items()}.get(JSON_LENGTH.lower())
    if length is None:
        data: list[int] = json.loads(answer)["outputs"][0]["data"]
        return data
    output = json.loads(answer[: int(length)])["outputs"][0]
    binary = answer[int(length) :][: output["parameters"]["binary_data_size"]]
    classes: list[int] = np.frombuffer(binary, DATATYPES[output["datatype"]]).tolist()
    return classes
