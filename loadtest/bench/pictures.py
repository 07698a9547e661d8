"""Handwritten digits in batches: what each server takes beside the network itself, and rows beside MRI scans."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from loadtest.bench.process import ROOT, Start, free_port
from loadtest.bench.request_spec import JSON, JSON_LENGTH, Ask, read_v2
from model.bundle import load
from model.bundle_write import save

DIGITS = ROOT / "model" / "bundles" / "digits"
BRAIN_MRI = ROOT / "model" / "bundles" / "brain_mri"
SCAN = ROOT / "loadtest" / "pictures" / "scan-glioma-1.jpg"
BATCH = 100
DECIMALS = 4
LOOKED_AT = 14 * 28 + 9
"""Ten pixels in the middle, in which there is ink."""

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Batch:
    """pictures: [BATCH, 28, 28], 0 to 1, as JSON carries them; digits: what a network says of each."""

    pictures: Array
    digits: Sequence[int]


def batch(network: Path, images: NDArray[np.uint8]) -> Batch:
    """The first BATCH of the images [n, 28, 28], 0 to 255; network: a file of ONNX."""
    pictures = np.round(images[:BATCH] / 255, DECIMALS).astype(np.float32)
    session = onnxruntime.InferenceSession(network, providers=["CPUExecutionProvider"])
    return Batch(pictures, session.run(["label"], {"input": pictures})[0].tolist())


def hollow(folder: Path) -> Path:
    """The bundle of digits with a network that looks at ten pixels: what a server takes with it is its own."""
    nodes = [
        helper.make_node("Flatten", ["input"], ["pixels"]),
        helper.make_node("Gather", ["pixels", "looked_at"], ["logits"], axis=1),
        helper.make_node("ArgMax", ["logits"], ["label"], axis=1, keepdims=0),
        helper.make_node("Softmax", ["logits"], ["probabilities"]),
        helper.make_node("ReduceMean", ["logits"], ["strangeness"], axes=[1], keepdims=0),
    ]
    whole = onnx.load(DIGITS / "model.onnx").graph
    looked_at = numpy_helper.from_array(np.arange(10) + LOOKED_AT, "looked_at")
    graph = helper.make_graph(nodes, "hollow", whole.input, whole.output, [looked_at])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return save(folder / "hollow", load(DIGITS).task, None, model.SerializeToString(), {}, {}).folder


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


def fastapi(bundle: Path) -> Start:
    port = free_port()
    words = ["-m", "uvicorn", "loadtest.bench.baselines.fastapi_pictures:app", f"--port={port}"]
    return Start(words, {"MODEL": str(bundle / "model.onnx")}, port)
