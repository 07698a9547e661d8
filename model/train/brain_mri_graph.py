"""What the brain MRI graph has beside a network's own: that it looks at a scan both ways."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper, numpy_helper

LEFT_TO_RIGHT = 3  # the axis of [n, 1, height, width]


def both_ways(graph: bytes) -> bytes:
    """The graph, with its features, of which all answers are made, in the mean of a scan and its mirror image."""
    model = onnx.load_from_string(graph)
    first = next(node for node in model.graph.node if node.op_type == "Conv")
    scans = first.input[0]
    ends = {"last": [-1], "beyond": [np.iinfo(np.int64).min], "axis": [LEFT_TO_RIGHT], "back": [-1]}
    model.graph.initializer.extend(numpy_helper.from_array(np.array(value), name) for name, value in ends.items())
    nodes = []
    for node in model.graph.node:
        if node is first:
            nodes.append(helper.make_node("Slice", [scans, *ends], ["mirrored"]))
            nodes.append(helper.make_node("Concat", [scans, "mirrored"], ["both"], axis=0))
            node.input[0] = "both"
        nodes.append(node)
        if node.op_type == "Flatten":
            nodes += _halves_in_the_mean(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


def _halves_in_the_mean(flatten: onnx.NodeProto) -> list[onnx.NodeProto]:
    """What it gives, of the scans and after them of the mirrored ones, is renamed; its name is that of their mean."""
    features = flatten.output[0]
    both, seen, mirrored = (f"{features}_{part}" for part in ("both", "seen", "mirrored"))
    flatten.output[0] = both
    return [
        helper.make_node("Split", [both], [seen, mirrored], axis=0, num_outputs=2),
        helper.make_node("Mean", [seen, mirrored], [features]),
    ]
