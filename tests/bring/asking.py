"""Asks a served model over every protocol, through the real app but without sockets."""

import asyncio
import contextlib
import io
import json
import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from model.task import MISSING_TEXT
from server import routing
from server.http.app import App
from server.http.worker import WorkerQueue
from server.predictor import Predictor
from server.tensors import DTYPES
from server.v2.request import JSON_LENGTH
from server.v2.strings import pack, unpack_texts
from tests.server.responder import responder


class Refused(Exception):
    """The server refused a request."""


class Answers(NamedTuple):
    """What came back for some rows; what the protocol does not say is None."""

    positions: Sequence[int]  # of the rows that were asked about
    predictions: list[Any]
    labels: list[str] | None = None
    chosen: list[float] | None = None  # the probability of the predicted class
    probabilities: list[list[float]] | None = None
    scores: list[float] | None = None


def ask(predictor: Predictor, rows: pd.DataFrame) -> dict[str, Answers]:
    """Return the answers by protocol. Raises Refused."""
    with contextlib.redirect_stdout(io.StringIO()):  # the access log
        return asyncio.run(_ask(predictor, rows))


async def _ask(predictor: Predictor, rows: pd.DataFrame) -> dict[str, Answers]:
    app = App(
        routing.api_routes([predictor]),
        _nothing,
        WorkerQueue(len(rows)),
        responder(),
    )
    records = [_values(row) for row in rows.to_dict("records")]
    everything = range(len(records))
    single = await asyncio.gather(*(_post(app, "/predict", json.dumps(record)) for record in records))
    batch = await _post(app, "/predict/batch", json.dumps({"instances": records}))
    lists = [list(record.values()) for record in records]
    v1 = await _post(app, f"/v1/models/{predictor.name}:predict", json.dumps({"instances": lists}))
    full = np.flatnonzero(rows.select_dtypes("number").notna().all(axis="columns")).tolist()
    return {
        "/predict": _plain(everything, [json.loads(body) for body, _ in single]),
        "/predict/batch": _plain(everything, json.loads(batch[0])["predictions"]),
        "V1": Answers(everything, json.loads(v1[0])["predictions"]),
        "V2 JSON": await _infer(app, predictor, rows.iloc[full], full, binary=False),
        "V2 binary": await _infer(app, predictor, rows, everything, binary=True),
    }


async def _infer(
    app: App, predictor: Predictor, rows: pd.DataFrame, positions: Sequence[int], *, binary: bool
) -> Answers:
    inputs, blobs = [], []
    for tensor in predictor.inputs:
        names = [name for name in predictor.task.names if predictor.task.numeric or name == tensor.name]
        array = _array(rows[names], tensor.datatype)
        described = {"name": tensor.name, "datatype": tensor.datatype, "shape": list(array.shape)}
        if binary:
            blobs.append(pack(array))
            inputs.append({**described, "parameters": {"binary_data_size": len(blobs[-1])}})
        else:
            inputs.append({**described, "data": array.ravel().tolist()})
    head = json.dumps({"inputs": inputs, "parameters": {"binary_data_output": binary}}).encode()
    headers = [(JSON_LENGTH, b"%d" % len(head))] if binary else []
    body, length = await _post(app, f"/v2/models/{predictor.name}/infer", head + b"".join(blobs), headers)
    outputs = _outputs(body, length or len(body))
    predictions = outputs["prediction"]
    return Answers(
        positions,
        predictions.reshape(len(predictions), -1).tolist() if predictor.task.targets else predictions.ravel().tolist(),
        probabilities=outputs["probabilities"].tolist() if "probabilities" in outputs else None,
        scores=outputs["score"].ravel().tolist() if "score" in outputs else None,
    )


def _outputs(body: bytes, length: int) -> dict[str, Any]:
    rest = memoryview(body)[length:]
    arrays = {}
    for output in json.loads(body[:length])["outputs"]:
        count = math.prod(output["shape"])
        if "data" in output:
            values = np.array(output["data"])
        else:
            own, rest = rest[: (size := output["parameters"]["binary_data_size"])], rest[size:]
            dtype = {**DTYPES, "INT64": np.int64}[output["datatype"]]
            values = unpack_texts(own, count) if output["datatype"] == "BYTES" else np.frombuffer(own, dtype)
        arrays[output["name"]] = values.reshape(output["shape"])
    return arrays


def _plain(positions: Sequence[int], answers: list[Any]) -> Answers:
    def each(key: str) -> list[Any] | None:
        return [answer[key] for answer in answers] if key in answers[0] else None

    return Answers(positions, each("prediction") or [], each("label"), each("probability"), scores=each("score"))


def _array(rows: pd.DataFrame, datatype: str) -> Any:
    if datatype == "BYTES":
        return rows.astype(object).where(rows.notna(), MISSING_TEXT).to_numpy()
    return rows.to_numpy(dtype=DTYPES[datatype])


def _values(row: Mapping[Hashable, Any]) -> dict[str, Any]:
    return {str(name): None if pd.isna(value) else _native(value) for name, value in row.items()}


def _native(value: Any) -> Any:
    """Return what a client would write: 3 for 3.0, as most do."""
    value = value.item() if isinstance(value, np.generic) else value
    return int(value) if isinstance(value, float) and value.is_integer() else value


async def _post(app: App, path: str, body: str | bytes, headers: Sequence[Any] = ()) -> tuple[bytes, int]:
    """Return the body, and the length of its JSON part if it says one. Raises Refused."""
    content = body if isinstance(body, bytes) else body.encode()
    sent: list[Any] = []
    arrived = [{"type": "http.request", "body": content, "more_body": False}]

    async def receive() -> Any:
        if not arrived:
            await asyncio.Event().wait()  # the client stays connected
        return arrived.pop()

    async def send(message: Any) -> None:
        sent.append(message)

    kind = b"application/octet-stream" if headers else b"application/json"
    await app(
        {"type": "http", "method": "POST", "path": path, "headers": [(b"content-type", kind), *headers]}, receive, send
    )
    answer = b"".join(message.get("body", b"") for message in sent)
    if sent[0]["status"] != 200:
        raise Refused(f"{path}: {sent[0]['status']} {answer.decode()}")
    return answer, int(dict(sent[0]["headers"]).get(JSON_LENGTH, 0))


async def _nothing(_scope: Any, _receive: Any, _send: Any) -> None:
    raise AssertionError
