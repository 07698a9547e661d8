"""Send digits in concurrent batches, as JSON or in the binary form of the V2 protocol, and collect their classes."""

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

Images = NDArray[np.uint8]  # [images, 28, 28], 0 (black) to 255 (white)
CLASSES = range(10)
TIMEOUT = 30  # seconds
V2_LENGTH = "Inference-Header-Content-Length"
WHITE = np.float32(255)


@dataclass(frozen=True)
class EncodedRequest:
    path: str
    body: bytes
    headers: dict[str, str]
    decode: Callable[[httpx.Response], Any]


@dataclass(frozen=True)
class BatchResult:
    """The predictions for `count` images from `first` on.

    Attributes:
        started: When the request was sent, in seconds of the same clock as `ended`.
        ended: When the response had been read.
        classes: None if the batch was lost.
        reason: Why it was lost.
    """

    first: int
    count: int
    started: float
    ended: float
    classes: tuple[int, ...] | None
    reason: str = ""

    @property
    def seconds(self) -> float:
        return self.ended - self.started


def encode_json(images: Images) -> EncodedRequest:
    body = json.dumps({"x": images.tolist()}, separators=(",", ":")).encode()
    headers = {"Content-Type": "application/json"}
    return EncodedRequest("/predict/digits/batch", body, headers, lambda response: response.json()["y"])


def encode_v2(images: Images) -> EncodedRequest:
    """Encode pixels as the model takes them, 0 to 1, as bytes after the JSON; the response has the same form."""
    tensor = triton.InferInput("input", list(images.shape), "FP32")
    tensor.set_data_from_numpy(images / WHITE)
    outputs = [triton.InferRequestedOutput("prediction")]
    body, length = triton.InferenceServerClient.generate_request_body([tensor], outputs)
    headers = {"Content-Type": "application/octet-stream", V2_LENGTH: str(length)}
    return EncodedRequest("/v2/models/digits/infer", body, headers, _decode_v2)


def _decode_v2(response: httpx.Response) -> Any:
    length = int(response.headers[V2_LENGTH])
    result = triton.InferenceServerClient.parse_response_body(response.content, header_length=length)
    return result.as_numpy("prediction").tolist()


PROTOCOLS = {"json": encode_json, "v2": encode_v2}


def send_batches(host: str, images: Images, size: int, concurrency: int, protocol: str) -> list[BatchResult]:
    """Send all images in batches of `size` (the last may be smaller), at most `concurrency` of them at a time."""
    firsts = range(0, len(images), size)
    parts = [images[first : first + size] for first in firsts]
    requests = [PROTOCOLS[protocol](part) for part in parts]
    limits = httpx.Limits(max_connections=concurrency)
    with (
        httpx.Client(base_url=host, timeout=TIMEOUT, limits=limits, trust_env=False) as client,
        ThreadPoolExecutor(concurrency) as threads,
    ):
        return list(threads.map(lambda *batch: _send(client, *batch), firsts, map(len, parts), requests))


def _send(client: httpx.Client, first: int, count: int, request: EncodedRequest) -> BatchResult:
    started = time.perf_counter()
    try:
        response = client.post(request.path, content=request.body, headers=request.headers)
    except httpx.TransportError as error:
        return BatchResult(first, count, started, time.perf_counter(), None, f"no response: {type(error).__name__}")
    classes, reason = _decode(response, request, count)
    return BatchResult(first, count, started, time.perf_counter(), classes, reason)


def _decode(response: httpx.Response, request: EncodedRequest, count: int) -> tuple[tuple[int, ...] | None, str]:
    if response.status_code != httpx.codes.OK:
        return None, f"status {response.status_code}: {response.text:.200}"
    try:
        classes: Sequence[Any] = request.decode(response)
        valid = len(classes) == count and all(type(found) is int and found in CLASSES for found in classes)
    except (ValueError, KeyError, TypeError, triton.InferenceServerException):
        valid = False
    return (tuple(classes), "") if valid else (None, f"the response does not have {count} digits")
