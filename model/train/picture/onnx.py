"""Export of a fitted network as the ONNX graph that `model.task` describes for pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from model.train.picture.calibrate import MahalanobisDetector, OutlierHead
from model.train.picture.graph import Graph
from model.train.picture.network import nn, torch
from model.train.picture.strangeness import distance, head_excess, outlier_excess

OPSET = 18
IR_VERSION = 10
WIDTH_AXIS = 3  # of [n, 1, height, width]

Array = NDArray[Any]


def export(
    network: Any,
    shape: tuple[int, int],
    temperature: float,
    detector: MahalanobisDetector,
    outliers: bool = False,
    *,
    head: OutlierHead | None = None,
) -> bytes:
    """Return the graph of a network made by `untrained`, for pictures [n, height, width] in 0–1.

    With `outliers` the network's last class stands for everything else: it is no answer, but part of the score. A head
    takes its place there. Batch normalisation is folded into the convolutions and the temperature into the last
    layer. The detector works on the features of `fit.stages`. The same network always gives the same bytes.

    Raises:
        TypeError: A layer has no equivalent here.
    """
    features, last = network
    graph = Graph()
    pictures = graph.node("Unsqueeze", "input", graph.weight([1], np.int64))
    *pooled, flat = _features(graph, features, pictures)
    classes = last.out_features - outliers
    columns = classes if head else last.out_features
    logits = graph.node(
        "Gemm",
        flat,
        graph.weight(last.weight.detach().numpy()[:columns].T / temperature),
        graph.weight(last.bias.detach().numpy()[:columns] / temperature),
    )
    if columns > classes:
        logits, other = (_columns(graph, logits, *ends) for ends in ((0, classes), (classes, classes + 1)))
    graph.node("ArgMax", logits, output="label", axis=1, keepdims=0)
    graph.node("Softmax", logits, output="probabilities", axis=1)
    means = [graph.node("Flatten", graph.node("GlobalAveragePool", stage)) for stage in pooled]
    nearest = distance(graph, graph.node("Concat", *means, axis=1), detector, "" if outliers else "strangeness")
    if outliers:
        excess = head_excess(graph, flat, head) if head else outlier_excess(graph, logits, other)
        graph.node("Add", nearest, excess, output="strangeness")
    made = helper.make_graph(
        graph.nodes,
        "picture",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [None, *shape])],
        [
            helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, classes]),
            helper.make_tensor_value_info("strangeness", TensorProto.FLOAT, [None]),
        ],
        graph.weights,
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    onnx.checker.check_model(model, full_check=True)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def average_over_mirror(graph: bytes) -> bytes:
    """Return the graph with its features averaged over a picture and its mirror image.

    All outputs follow from the features.
    """
    model = onnx.load_from_string(graph)
    first = next(node for node in model.graph.node if node.op_type == "Conv")
    pictures = first.input[0]
    ends = {"last": [-1], "beyond": [np.iinfo(np.int64).min], "axis": [WIDTH_AXIS], "back": [-1]}
    model.graph.initializer.extend(numpy_helper.from_array(np.array(value), name) for name, value in ends.items())
    nodes = []
    for node in model.graph.node:
        if node is first:
            nodes.append(helper.make_node("Slice", [pictures, *ends], ["mirrored"]))
            nodes.append(helper.make_node("Concat", [pictures, "mirrored"], ["both"], axis=0))
            node.input[0] = "both"
        nodes.append(node)
        if node.op_type == "Flatten":
            nodes += _mean_of_halves(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


def _mean_of_halves(flatten: onnx.NodeProto) -> list[onnx.NodeProto]:
    """Rename the output, which holds the pictures and then their mirror images; its old name is that of the mean."""
    features = flatten.output[0]
    both, seen, mirrored = (f"{features}_{part}" for part in ("both", "seen", "mirrored"))
    flatten.output[0] = both
    return [
        helper.make_node("Split", [both], [seen, mirrored], axis=0, num_outputs=2),
        helper.make_node("Mean", [seen, mirrored], [features]),
    ]


def _features(graph: Graph, layers: Any, tensor: str) -> list[str]:
    """Add the layers; return the output of each pooling, then that of the last layer."""
    pooled = []
    along = [None, *layers, None]
    for before, layer, after in zip(along, along[1:], along[2:], strict=False):
        match layer:
            case nn.Conv2d():
                weight, bias = (graph.weight(value) for value in _folded(layer, after))
                tensor = graph.node("Conv", tensor, weight, bias, **_attributes(layer))
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
                pass  # folded into the convolution
            case nn.Dropout():
                pass  # only for training
            case _:
                raise TypeError(f"This export knows no ONNX operator for {layer}.")
    return [*pooled, tensor]


def _folded(convolution: Any, normalisation: Any) -> tuple[Array, Array]:
    """Return weight and bias of a convolution that includes the batch normalisation after it. Raises TypeError."""
    if not isinstance(normalisation, nn.BatchNorm2d) or None in (
        normalisation.weight,
        normalisation.bias,
        normalisation.running_mean,
    ):
        raise TypeError(
            f"{convolution} is followed by {normalisation or 'nothing'}, "
            "not by a batch normalisation with weights and running statistics."
        )
    scale = normalisation.weight / (normalisation.running_var + normalisation.eps).sqrt()
    weight = convolution.weight * scale[:, None, None, None]
    before = torch.zeros(()) if convolution.bias is None else convolution.bias
    bias = normalisation.bias + (before - normalisation.running_mean) * scale
    return weight.detach().numpy(), bias.detach().numpy()


def _attributes(convolution: Any) -> dict[str, Any]:
    """Return the attributes of the Conv operator without those that have the default value. Raises TypeError."""
    if isinstance(convolution.padding, str) or convolution.padding_mode != "zeros":
        raise TypeError(f"The padding of {convolution} cannot be exported: only a number of zeros can.")
    given = {"strides": [*convolution.stride], "dilations": [*convolution.dilation], "group": convolution.groups}
    default = {"strides": [1, 1], "dilations": [1, 1], "group": 1}
    changed = {name: value for name, value in given.items() if value != default[name]}
    return {"pads": 2 * [*convolution.padding]} | changed


def _columns(graph: Graph, tensor: str, start: int, end: int) -> str:
    return graph.node("Slice", tensor, *(graph.weight([value], np.int64) for value in (start, end, 1)))
