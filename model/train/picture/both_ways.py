"""A model that looks at a picture and at its mirror image, and answers by the mean of what it sees of both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

LEFT_TO_RIGHT = 3  # the axis of [n, 1, height, width]

See = Callable[[Any, NDArray[np.uint8]], NDArray[np.float32]]
"""A network, or a part of it, and pictures [n, height, width] → what it gives for each."""


def seen_both_ways(see: See) -> See:
    """As the graph does, for what is set by it: the temperature and the strangeness."""

    def both(network: Any, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        mirrored = np.ascontiguousarray(pictures[:, :, ::-1])
        return np.asarray((see(network, pictures) + see(network, mirrored)) / 2)

    return both


def graph_both_ways(graph: bytes) -> bytes:
    """The graph, with its features, of which all answers are made, in the mean of a picture and its mirror image."""
    model = onnx.load_from_string(graph)
    first = next(node for node in model.graph.node if node.op_type == "Conv")
    pictures = first.input[0]
    ends = {"last": [-1], "beyond": [np.iinfo(np.int64).min], "axis": [LEFT_TO_RIGHT], "back": [-1]}
    model.graph.initializer.extend(numpy_helper.from_array(np.array(value), name) for name, value in ends.items())
    nodes = []
    for node in model.graph.node:
        if node is first:
            nodes.append(helper.make_node("Slice", [pictures, *ends], ["mirrored"]))
            nodes.append(helper.make_node("Concat", [pictures, "mirrored"], ["both"], axis=0))
            node.input[0] = "both"
        nodes.append(node)
        if node.op_type == "Flatten":
            nodes += _halves_in_the_mean(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


def _halves_in_the_mean(flatten: onnx.NodeProto) -> list[onnx.NodeProto]:
    """What it gives of the pictures, and then of the mirrored ones, is renamed; its name is that of their mean."""
    features = flatten.output[0]
    both, seen, mirrored = (f"{features}_{part}" for part in ("both", "seen", "mirrored"))
    flatten.output[0] = both
    return [
        helper.make_node("Split", [both], [seen, mirrored], axis=0, num_outputs=2),
        helper.make_node("Mean", [seen, mirrored], [features]),
    ]
