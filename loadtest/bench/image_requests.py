"""Requests with images: batches of handwritten digits, and MRI scans as a background load."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from loadtest.bench.process import ROOT, Command, free_port
from loadtest.bench.request_spec import JSON, JSON_LENGTH, RequestSpec, read_v2
from model.bundle import load
from model.bundle_write import save

DIGITS = ROOT / "model" / "bundles" / "digits"
BRAIN_MRI = ROOT / "model" / "bundles" / "brain_mri"
SCAN = ROOT / "loadtest" / "pictures" / "brain_mri" / "scan-glioma-1.jpg"
BATCH = 100
DECIMALS = 4
STUB_PIXEL = 14 * 28 + 9  # first of ten pixels in the middle of the image, where most digits have ink


@dataclass(frozen=True)
class DigitBatch:
    """Digits as they are sent.

    Attributes:
        images: [BATCH, 28, 28], 0 to 1, rounded to DECIMALS.
        classes: the network's predictions for them.
    """

    images: NDArray[np.float32]
    classes: Sequence[int]


def digit_batch(network: Path, images: NDArray[np.uint8]) -> DigitBatch:
    """Return the first BATCH of the images ([n, 28, 28], 0 to 255) with the predictions of an ONNX network."""
    scaled = np.round(images[:BATCH] / 255, DECIMALS).astype(np.float32)
    session = onnxruntime.InferenceSession(network, providers=["CPUExecutionProvider"])
    return DigitBatch(scaled, session.run(["label"], {"input": scaled})[0].tolist())


def stub_model(folder: Path) -> Path:
    """Write the digits bundle with a stub network, which reads ten pixels, and return its folder.

    The CPU time of a server with the stub is nearly all the server's own.
    """
    nodes = [
        helper.make_node("Flatten", ["input"], ["pixels"]),
        helper.make_node("Gather", ["pixels", "indices"], ["logits"], axis=1),
        helper.make_node("ArgMax", ["logits"], ["label"], axis=1, keepdims=0),
        helper.make_node("Softmax", ["logits"], ["probabilities"]),
        helper.make_node("ReduceMean", ["logits"], ["strangeness"], axes=[1], keepdims=0),
    ]
    original = onnx.load(DIGITS / "model.onnx").graph
    indices = numpy_helper.from_array(np.arange(10) + STUB_PIXEL, "indices")
    graph = helper.make_graph(nodes, "stub", original.input, original.output, [indices])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return save(folder / "stub", load(DIGITS).task, None, model.SerializeToString(), {}, {}).folder


def as_json(batch: DigitBatch) -> RequestSpec:
    lists = [[[round(value, DECIMALS) for value in line] for line in image] for image in batch.images.tolist()]
    document = json.dumps({"x": lists}, separators=(",", ":")).encode()
    return RequestSpec("/predict/batch", document, batch.classes, lambda body, _: json.loads(body)["y"], JSON)


def as_v2_binary(batch: DigitBatch) -> RequestSpec:
    data = batch.images.astype("<f4").tobytes()
    tensor = {
        "name": "input",
        "shape": list(batch.images.shape),
        "datatype": "FP32",
        "parameters": {"binary_data_size": len(data)},
    }
    outputs = [{"name": "prediction", "parameters": {"binary_data": True}}]
    document = json.dumps({"inputs": [tensor], "outputs": outputs}, separators=(",", ":")).encode()
    headers = {"Content-Type": "application/octet-stream", JSON_LENGTH: str(len(document))}
    return RequestSpec("/v2/models/digits/infer", document + data, batch.classes, read_v2, headers)


def scan() -> RequestSpec:
    """Return a request with an MRI scan. Of its response only the number of classes is checked."""

    def read(body: bytes, _headers: Mapping[str, str]) -> Sequence[int]:
        return [len(json.loads(body)["probabilities"])]

    return RequestSpec("/predict/brain_mri", SCAN.read_bytes(), [4], read, {"Content-Type": "image/jpeg"})


def fastapi(bundle: Path) -> Command:
    """Return the command for the FastAPI baseline with the network in a bundle."""
    port = free_port()
    arguments = ["-m", "uvicorn", "loadtest.bench.baselines.fastapi_digits:app", f"--port={port}"]
    return Command(arguments, {"MODEL": str(bundle / "model.onnx")}, port)
