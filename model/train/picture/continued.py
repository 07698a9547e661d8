"""A network that continues from an exported graph, so that it can be fitted further on other pictures or labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from model.train.picture.fit import Pictures, scaled, tensors
from model.train.picture.network import nn, torch

SAMPLE = 512  # pictures, from which the statistics of the normalisations are taken


def continued(network: Any, graph: bytes, pictures: Pictures) -> Any:
    """Load the weights of an exported graph into a network of the same architecture.

    In the graph, the normalisations are part of the convolutions. Here each gets the statistics of pictures
    [n, height, width] and the weights that undo it, so that the network computes what the graph does.
    """
    fill(network, graph)
    features, _ = network.eval()
    with torch.no_grad():
        torch.manual_seed(0)
        tensor = scaled(tensors(pictures)[torch.randperm(len(pictures))[:SAMPLE]])
        for layer in features:
            if isinstance(layer, nn.BatchNorm2d):
                variance, mean = torch.var_mean(tensor, (0, 2, 3))
                layer.running_mean.copy_(mean)
                layer.running_var.copy_(variance)
                layer.weight.copy_((variance + layer.eps).sqrt())
                layer.bias.add_(mean)
            tensor = layer(tensor)
    return network


def fill(network: Any, graph: bytes) -> None:
    """Copy the weights of a graph; the biases of its convolutions become those of the normalisations."""
    content = onnx.load_from_string(graph).graph
    values = {weight.name: numpy_helper.to_array(weight) for weight in content.initializer}
    weights: dict[str, list[Any]] = {"Conv": [], "Gemm": []}
    for node in content.node:
        if node.op_type in weights:
            weights[node.op_type] += [torch.from_numpy(np.array(values[name])) for name in node.input[1:]]
    features, last = network
    convolutions = iter(weights["Conv"])
    with torch.no_grad():
        for layer in features:
            if isinstance(layer, nn.Conv2d):
                layer.weight.copy_(next(convolutions))
            if isinstance(layer, nn.BatchNorm2d):
                layer.bias.copy_(next(convolutions))
        weight, bias = weights["Gemm"][:2]  # an outlier head's would follow
        last.weight[: len(bias)].copy_(weight.T)  # the network may have one class more
        last.bias[: len(bias)].copy_(bias)
