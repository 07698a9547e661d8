"""Small networks as people export them, each with random weights: what counts is that the served one answers alike."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from model.bundle import Bundle
from model.task import Picture

Array = NDArray[Any]


def resnet(classes: int = 5, side: int = 64) -> bytes:
    """Export a residual network from PyTorch: NCHW, any number of pictures, logits."""
    from model.train.picture.network import nn, torch

    class Block(nn.Module):  # type: ignore[misc]
        def __init__(self, taken: int, made: int, stride: int) -> None:
            super().__init__()
            self.path = nn.Sequential(
                nn.Conv2d(taken, made, 3, stride, 1, bias=False),
                nn.BatchNorm2d(made),
                nn.ReLU(),
                nn.Conv2d(made, made, 3, 1, 1, bias=False),
                nn.BatchNorm2d(made),
            )
            self.shortcut = nn.Sequential(nn.Conv2d(taken, made, 1, stride, bias=False), nn.BatchNorm2d(made))

        def forward(self, pictures: Any) -> Any:
            return torch.relu(self.path(pictures) + self.shortcut(pictures))

    torch.manual_seed(0)
    stem = [nn.Conv2d(3, 16, 7, 2, 3, bias=False), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    tail = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, classes)]
    return _exported(nn.Sequential(*stem, Block(16, 16, 1), Block(16, 32, 2), *tail), (3, side, side), free=True)


def mobilenet(classes: int = 4, side: int = 32) -> bytes:
    """Export depthwise convolutions from PyTorch: NCHW, one picture at a time, probabilities."""
    from model.train.picture.network import nn, torch

    torch.manual_seed(1)
    layers = [nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU6()]
    for _ in range(2):
        layers += [
            nn.Conv2d(8, 8, 3, 1, 1, groups=8),
            nn.BatchNorm2d(8),
            nn.ReLU6(),
            nn.Conv2d(8, 8, 1),
            nn.Hardswish(),
        ]
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, classes), nn.Softmax(dim=1)]
    return _exported(nn.Sequential(*layers), (3, side, side), free=False)


def digits_pipeline() -> tuple[Any, bytes]:
    """Fit a scikit-learn pipeline on pictures of 8 × 8 in 17 shades; return it and its graph as skl2onnx writes it."""
    from skl2onnx import to_onnx
    from sklearn.datasets import load_digits
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    columns, classes = load_digits(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200)).fit(columns, classes)
    return pipeline, to_onnx(pipeline, columns[:1].astype(np.float32)).SerializeToString()


def network(
    shape: Sequence[int | str | None] = ("n", 16, 16, 3),
    classes: int = 3,
    ending: str = "Softmax",
    dtype: int = TensorProto.FLOAT,
    names: tuple[str, str] = ("input_1", "dense"),
    opset: int = 17,
) -> onnx.ModelProto:
    """Build a convolution, a pooling and a dense layer, as tf2onnx writes them for Keras.

    Args:
        shape: Of the input; a string or None is an axis of any length.
        classes: How many scores it returns.
        ending: The operator behind the scores; empty for none.
        dtype: Of the input. A network that takes UINT8 divides by 255 itself.
        names: Of the input and the output.
        opset: Of the operators.
    """
    random = np.random.default_rng(2)
    channels_first = shape[1] in (1, 3, 4)
    channels = shape[1 if channels_first else 3]
    given, scored = names
    weights = {
        "kernel": random.normal(0, 0.5, (6, int(channels or 3), 3, 3)),
        "kernel_bias": random.normal(0, 0.1, 6),
        "dense_kernel": random.normal(0, 2, (6, classes)),
        "dense_bias": random.normal(0, 0.5, classes),
        "white": np.float32(255),
    }
    nodes = [helper.make_node("Cast", [given], ["numbers"], to=TensorProto.FLOAT)]
    if dtype == TensorProto.UINT8:
        nodes.append(helper.make_node("Div", ["numbers", "white"], ["scaled"]))
    if not channels_first:
        nodes.append(helper.make_node("Transpose", [nodes[-1].output[0]], ["first"], perm=[0, 3, 1, 2]))
    nodes += [
        helper.make_node("Conv", [nodes[-1].output[0], "kernel", "kernel_bias"], ["convolved"], strides=[2, 2]),
        helper.make_node("Relu", ["convolved"], ["rectified"]),
        helper.make_node("GlobalAveragePool", ["rectified"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Gemm", ["flat", "dense_kernel", "dense_bias"], ["scores" if ending else scored]),
    ]
    if ending:
        attributes = {"axis": 1} if ending in ("Softmax", "LogSoftmax") else {}
        nodes.append(helper.make_node(ending, ["scores"], [scored], **attributes))
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info(given, dtype, list(shape))],
        [helper.make_tensor_value_info(scored, TensorProto.FLOAT, [shape[0], classes])],
        [numpy_helper.from_array(np.asarray(value, np.float32), name) for name, value in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def _exported(layers: Any, shape: tuple[int, int, int], *, free: bool) -> bytes:
    from model.train.picture.network import torch

    for layer in layers.modules():
        if hasattr(layer, "running_var"):  # as if it had been trained
            layer.running_mean.normal_(0, 0.2)
            layer.running_var.uniform_(0.5, 1.5)
    file = io.BytesIO()
    axes = {"input": {0: "batch"}, "output": {0: "batch"}} if free else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch is about to replace this exporter
        torch.onnx.export(
            layers.eval(),
            torch.zeros(1, *shape),
            file,
            input_names=["input"],
            output_names=["output"],
            dynamic_axes=axes,
            dynamo=False,
        )
    return file.getvalue()


def scores(network: bytes, given: Array) -> Array:
    """Return the scores that a network returns for its own input, each picture alone."""
    import onnxruntime

    session = onnxruntime.InferenceSession(network, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    each = [session.run(None, {name: picture[None]})[-1] for picture in given]
    # skl2onnx returns a dictionary from class to probability for each row.
    return np.concatenate([[list(rows[0].values())] if isinstance(rows, list) else rows for rows in each])


def softmax(logits: Array) -> Array:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def picture_of(made: Bundle) -> Picture:
    assert made.task.picture
    return made.task.picture


def sample_pictures(folder: Path, count: int = 20, names: tuple[str, ...] = ("0",)) -> Path:
    random = np.random.default_rng(3)
    for index in range(count):
        place = folder / "samples" / names[index % len(names)]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (20, 30, 3), np.uint8)).save(place / f"{index}.png")
    return folder / "samples"


def with_output(name: str, shape: Sequence[Any], *nodes: Any, weights: Sequence[Any] = ()) -> onnx.ModelProto:
    """Return the network with another output, which these nodes compute."""
    model = network()
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(weights)
    model.graph.output[0].CopyFrom(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    return model
