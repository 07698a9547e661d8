"""Digits → concurrent batches, as JSON or in the V2 protocol's binary form → classes, and how long each batch took."""

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np
import tritonclient.http as triton  # type: ignore[import-untyped]
from numpy.typing import NDArray

Images = NDArray[np.uint8]
"""[images, 28, 28], 0 (black) to 255 (white)."""

CLASSES = range(10)
TIMEOUT = 30  # seconds
V2_LENGTH = "Inference-Header-Content-Length"
WHITE = np.float32(255)


@dataclass(frozen=True)
class Request:
    path: str
    body: bytes
    headers: dict[str, str]
    read: Callable[[httpx.Response], Any]


@dataclass(frozen=True)
class Batch:
    """What came of the images from `first` on: their classes, or None and why. Times are seconds of one clock."""

    first: int
    count: int
    begun: float
    ended: float
    classes: tuple[int, ...] | None
    reason: str = ""

    @property
    def seconds(self) -> float:
        return self.ended - self.begun


def as_json(images: Images) -> Request:
    body = json.dumps({"x": images.tolist()}, separators=(",", ":")).encode()
    headers = {"Content-Type": "application/json"}
    return Request("/predict/digits/batch", body, headers, lambda answer: answer.json()["y"])


def as_v2(images: Images) -> Request:
    """Pixels as the model takes them, 0 to 1, as bytes behind the JSON, and so the answer."""
    tensor = triton.InferInput("input", list(images.shape), "FP32")
    tensor.set_data_from_numpy(images / WHITE)
    outputs = [triton.InferRequestedOutput("prediction")]
    body, length = triton.InferenceServerClient.generate_request_body([tensor], outputs)
    headers = {"Content-Type": "application/octet-stream", V2_LENGTH: str(length)}
    return Request("/v2/models/digits/infer", body, headers, _read_v2)


def _read_v2(answer: httpx.Response) -> Any:
    length = int(answer.headers[V2_LENGTH])
    found = triton.InferenceServerClient.parse_response_body(answer.content, header_length=length)
    return found.as_numpy("prediction").tolist()


PROTOCOLS = {"json": as_json, "v2": as_v2}


def ask(host: str, images: Images, size: int, concurrency: int, protocol: str) -> list[Batch]:
    """All images in batches of `size`, the last of what is left, at most `concurrency` of them at once."""
    firsts = range(0, len(images), size)
    parts = [images[first : first + size] for first in firsts]
    requests = [PROTOCOLS[protocol](part) for part in parts]
    limits = httpx.Limits(max_connections=concurrency)
    with (
        httpx.Client(base_url=host, timeout=TIMEOUT, limits=limits, trust_env=False) as client,
        ThreadPoolExecutor(concurrency) as threads,
    ):
        return list(threads.map(lambda *one: _one(client, *one), firsts, map(len, parts), requests))


def _one(client: httpx.Client, first: int, count: int, request: Request) -> Batch:
    begun = time.perf_counter()
    try:
        answer = client.post(request.path, content=request.body, headers=request.headers)
    except httpx.TransportError as error:
        return Batch(first, count, begun, time.perf_counter(), None, f"no answer: {type(error).__name__}")
    classes, reason = _classes(answer, request, count)
    return Batch(first, count, begun, time.perf_counter(), classes, reason)


def _classes(answer: httpx.Response, request: Request, count: int) -> tuple[tuple[int, ...] | None, str]:
    if answer.status_code != httpx.codes.OK:
        return None, f"status {answer.status_code}: {answer.text:.200}"
    try:
        found: Sequence[Any] = request.read(answer)
        right = len(found) == count and all(type(one) is int and one in CLASSES for one in found)
    except (ValueError, KeyError, TypeError, triton.InferenceServerException):
        right = False
    return (tuple(found), "") if right else (None, f"the answer is not {count} digits")
