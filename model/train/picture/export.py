"""A fitted network as the ONNX graph that `model.task` promises of a picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from model.train.picture.pytorch import nn
from model.train.picture.strangeness import Yardstick

OPSET = 18
IR_VERSION = 10

Array = NDArray[Any]


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
    for place, layer in enumerate(layers):
        match layer:
            case nn.Conv2d():
                weight, bias = _folded(layer, layers[place + 1])
                pads = [*layer.padding, *layer.padding]
                tensor = graph.node("Conv", tensor, graph.weight(weight), graph.weight(bias), pads=pads)
            case nn.ReLU():
                tensor = graph.node("Relu", tensor)
            case nn.MaxPool2d():
                side = [layer.kernel_size, layer.kernel_size]
                tensor = graph.node("MaxPool", tensor, kernel_shape=side, strides=side)
                pooled.append(tensor)
            case nn.AdaptiveAvgPool2d():
                tensor = graph.node("GlobalAveragePool", tensor)
            case nn.Flatten():
                tensor = graph.node("Flatten", tensor)
            case nn.BatchNorm2d() | nn.Dropout():
                pass  # the one is in the convolution before it, the other is of the training
            case _:
                raise TypeError(f"No ONNX operator is known here for {layer}.")
    return [*pooled, tensor]


def _folded(convolution: Any, normalisation: Any) -> tuple[Array, Array]:
    scale = normalisation.weight / (normalisation.running_var + normalisation.eps).sqrt()
    weight = convolution.weight * scale[:, None, None, None]
    bias = normalisation.bias - normalisation.running_mean * scale
    return weight.detach().numpy(), bias.detach().numpy()


def _strangeness(graph: _Graph, seen: str, yardstick: Yardstick) -> None:
    whitened = graph.node("MatMul", seen, graph.weight(yardstick.whitening))
    apart = graph.node(
        "Sub", graph.node("Unsqueeze", whitened, graph.weight([1], np.int64)), graph.weight(yardstick.centres)
    )
    distances = graph.node("ReduceL2", apart, graph.weight([2], np.int64), keepdims=0)
    graph.node("ReduceMin", distances, graph.weight([1], np.int64), output="strangeness", keepdims=0)
