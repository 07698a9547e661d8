"""A fitted network as the ONNX graph that `model.task` promises of a picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from model.train.picture.convolution import attributes, folded
from model.train.picture.pytorch import nn
from model.train.picture.strangeness import Yardstick

OPSET = 18
IR_VERSION = 10


@dataclass
class _Graph:
    nodes: list[Any] = field(default_factory=list)
    weights: list[Any] = field(default_factory=list)

    def weight(self, value: Any, kind: type = np.float32) -> str:
        name = f"weight_{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value, kind), name))
        return name

    def node(self, operator: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        output = output or f"tensor_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output


def export(
    network: Any, shape: tuple[int, int], temperature: float, yardstick: Yardstick, every_stage: bool = False
) -> bytes:
    """The graph of a network of `untrained`, for pictures [n, height, width] in 0–1.

    The yardstick is of the last features, or of those of every stage: see `fit.stages`. Batch normalisation goes into
    the convolutions, the temperature into the last layer. The same network always gives the same bytes.
    """
    features, last = network
    graph = _Graph()
    pictures = graph.node("Unsqueeze", "input", graph.weight([1], np.int64))
    *pooled, seen = _features(graph, features, pictures)
    logits = graph.node(
        "Gemm",
        seen,
        graph.weight(last.weight.detach().numpy().T / temperature),
        graph.weight(last.bias.detach().numpy() / temperature),
    )
    graph.node("ArgMax", logits, output="label", axis=1, keepdims=0)
    graph.node("Softmax", logits, output="probabilities", axis=1)
    if every_stage:
        means = [graph.node("Flatten", graph.node("GlobalAveragePool", stage)) for stage in pooled]
        seen = graph.node("Concat", *means, axis=1)
    _strangeness(graph, seen, yardstick)
    made = helper.make_graph(
        graph.nodes,
        "picture",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [None, *shape])],
        [
            helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, last.out_features]),
            helper.make_tensor_value_info("strangeness", TensorProto.FLOAT, [None]),
        ],
        graph.weights,
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    onnx.checker.check_model(model, full_check=True)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _features(graph: _Graph, layers: Any, tensor: str) -> list[str]:
    """What comes out of each pooling, and of all."""
    pooled = []
    along = [None, *layers, None]
    for before, layer, after in zip(along, along[1:], along[2:], strict=False):
        match layer:
            case nn.Conv2d():
                weight, bias = (graph.weight(value) for value in folded(layer, after))
                tensor = graph.node("Conv", tensor, weight, bias, **attributes(layer))
            case nn.ReLU():
                tensor = graph.node("Relu", tensor)
            case nn.MaxPool2d(kernel_size=side, padding=0, dilation=1, ceil_mode=False) if layer.stride == side:
                sides = 2 * [side] if isinstance(side, int) else [*side]
                tensor = graph.node("MaxPool", tensor, kernel_shape=sides, strides=sides)
                pooled.append(tensor)
            case nn.AdaptiveAvgPool2d(output_size=1):
                tensor = graph.node("GlobalAveragePool", tensor)
            case nn.Flatten(start_dim=1, end_dim=-1):
                tensor = graph.node("Flatten", tensor)
            case nn.BatchNorm2d() if isinstance(before, nn.Conv2d):
                pass  # it is in that
            case nn.Dropout():
                pass  # it is of the training
            case _:
                raise TypeError(f"No ONNX operator is known here for {layer}.")
    return [*pooled, tensor]


def _strangeness(graph: _Graph, seen: str, yardstick: Yardstick) -> None:
    whitened = graph.node("MatMul", seen, graph.weight(yardstick.whitening))
    apart = graph.node(
        "Sub", graph.node("Unsqueeze", whitened, graph.weight([1], np.int64)), graph.weight(yardstick.centres)
    )
    distances = graph.node("ReduceL2", apart, graph.weight([2], np.int64), keepdims=0)
    graph.node("ReduceMin", distances, graph.weight([1], np.int64), output="strangeness", keepdims=0)
