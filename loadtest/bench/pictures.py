"""Handwritten digits in batches: what each server takes beside the network itself, and rows beside MRI scans."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from time import process_time

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from loadtest.bench.asks import JSON, JSON_LENGTH, Ask, read_v2
from loadtest.bench.process import ROOT, Start, free_port

DIGITS = ROOT / "model" / "bundles" / "digits"
BRAIN_MRI = ROOT / "model" / "bundles" / "brain_mri"
SCAN = ROOT / "loadtest" / "pictures" / "scan-glioma-1.jpg"
BATCH = 100
DECIMALS = 4
ALONE_RUNS = 20

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Batch:
    """pictures: [BATCH, 28, 28], 0 to 1, as JSON carries them; digits: what the network says of each."""

    pictures: Array
    digits: Sequence[int]


def network() -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(DIGITS / "model.onnx", options, providers=["CPUExecutionProvider"])


def batch(session: onnxruntime.InferenceSession, images: NDArray[np.uint8]) -> Batch:
    """The first BATCH of the images [n, 28, 28], 0 to 255."""
    pictures = np.round(images[:BATCH] / 255, DECIMALS).astype(np.float32)
    return Batch(pictures, session.run(["label"], {"input": pictures})[0].tolist())


def alone_us(session: onnxruntime.InferenceSession, pictures: Array) -> float:
    """CPU microseconds of the network alone on the batch."""
    taken = []
    for _ in range(ALONE_RUNS):
        began = process_time()
        session.run(["label"], {"input": pictures})
        taken.append(process_time() - began)
    return median(taken) * 1e6


def as_json(one: Batch) -> Ask:
    lists = [[[round(value, DECIMALS) for value in line] for line in picture] for picture in one.pictures.tolist()]
    body = json.dumps({"x": lists}, separators=(",", ":")).encode()
    return Ask("/predict/batch", body, one.digits, lambda answer, _: json.loads(answer)["y"], JSON)


def as_v2_binary(one: Batch) -> Ask:
    data = one.pictures.astype("<f4").tobytes()
    tensor = {
        "name": "input",
        "shape": list(one.pictures.shape),
        "datatype": "FP32",
        "parameters": {"binary_data_size": len(data)},
    }
    wish = {"inputs": [tensor], "outputs": [{"name": "prediction", "parameters": {"binary_data": True}}]}
    head = json.dumps(wish, separators=(",", ":")).encode()
    headers = {"Content-Type": "application/octet-stream", JSON_LENGTH: str(len(head))}
    return Ask("/v2/models/digits/infer", head + data, one.digits, read_v2, headers)


def scan() -> Ask:
    """A picture whose every answer will do, as long as it is one."""

    def read(answer: bytes, _headers: Mapping[str, str]) -> Sequence[int]:
        return [len(json.loads(answer)["probabilities"])]

    return Ask("/predict/brain_mri", SCAN.read_bytes(), [4], read, {"Content-Type": "image/jpeg"})


def fastapi() -> Start:
    port = free_port()
    words = ["-m", "uvicorn", "loadtest.bench.baselines.fastapi_pictures:app", f"--port={port}"]
    return Start(words, {"MODEL": str(DIGITS / "model.onnx")}, port)
