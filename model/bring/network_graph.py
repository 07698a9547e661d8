"""Wraps a network in the graph that `model.task` describes, which takes plain pictures and returns labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from model.bring.network_file import graphs_of, opset_of
from model.bring.network_input import NetworkInput
from model.bring.network_output import NetworkOutput
from model.bring.preprocessing import Numbers

INPUT, LABEL, PROBABILITIES, STRANGENESS = RESERVED = ("input", "label", "probabilities", "strangeness")

_REDUCE_AXES_INPUT = 18  # the opset from which ReduceMax and ReduceLogSumExp take the axes as an input


def rename_reserved(model: onnx.ModelProto) -> None:
    """Rename what the network calls as the served graph calls its inputs and outputs, in inner graphs too."""
    names = {name: f"network_{name}" for name in RESERVED}
    used = _names(model.graph)
    for name, new in names.items():
        while new in used:
            new += "_"  # noqa: PLW2901 (until nothing else has it)
        names[name] = new
    _rename(model.graph, names)


def unzip(model: onnx.ModelProto) -> tuple[str, ...]:
    """Take out a ZipMap, which turns a scikit-learn classifier's probabilities into dictionaries; return its labels."""
    outputs = {output.name: output for output in model.graph.output}
    for node in model.graph.node:
        if node.op_type == "ZipMap" and node.output[0] in outputs:
            values = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
            outputs[node.output[0]].CopyFrom(helper.make_empty_tensor_value_info(node.input[0]))
            model.graph.node.remove(node)
            strings = [label.decode() for label in values.get("classlabels_strings", ())]
            return tuple(strings or map(str, values.get("classlabels_int64s", ())))
    return ()


def wrap(
    model: onnx.ModelProto,
    taken: NetworkInput,
    numbers: Numbers,
    bgr: bool,
    returned: NetworkOutput,
    strangeness: bool,
) -> bytes:
    """Return the served graph around a network, which changes in place; its reserved names must be free.

    Args:
        model: The network.
        taken: What it takes.
        numbers: The numbers that it takes.
        bgr: Whether it takes blue, green and red.
        returned: What it returns.
        strangeness: Whether the graph returns it.
    """
    before, after = _Nodes(model, "before"), _Nodes(model, "after")
    _prepare(before, taken, numbers, bgr)
    outputs = _judge(after, returned, strangeness)
    inner = list(model.graph.node)
    del model.graph.node[:], model.graph.output[:]
    model.graph.node.extend([*before.nodes, *inner, *after.nodes])
    given = next(node for node in model.graph.input if node.name == taken.name)
    batch = 1 if taken.one_by_one else "n"
    shape = [taken.height, taken.width] + ([taken.channels] if taken.channels > 1 else [])
    given.CopyFrom(helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [batch, *shape]))
    model.graph.output.extend(outputs)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


class _Nodes:
    """New nodes around those of a network, with names of their own. Constants are nodes, for old versions of ONNX."""

    def __init__(self, model: onnx.ModelProto, place: str) -> None:
        self.nodes: list[Any] = []
        self.opset = opset_of(model)
        used = _names(model.graph)
        self._prefix = f"served_{place}"
        while any(name.startswith(self._prefix) for name in used):
            self._prefix += "_"

    def add(self, operator: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        output = output or f"{self._prefix}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))
        return output

    def constant(self, values: Any, kind: Any = np.float32) -> str:
        return self.add("Constant", value=numpy_helper.from_array(np.array(values, kind)))

    def reduce(self, operator: str, tensor: str) -> str:
        """Reduce the scores of each picture to one number."""
        if self.opset >= _REDUCE_AXES_INPUT:
            return self.add(operator, tensor, self.constant([1], np.int64), keepdims=0)
        return self.add(operator, tensor, axes=[1], keepdims=0)


def _prepare(nodes: _Nodes, taken: NetworkInput, numbers: Numbers, bgr: bool) -> None:
    """Compute the network's input in the steps that its training had, so that it is rounded in the same way."""
    picture = nodes.add("Reshape", INPUT, nodes.constant([-1, taken.height, taken.width, taken.channels], np.int64))
    if bgr and taken.channels > 1:
        order = [2, 1, 0, 3][: taken.channels]
        picture = nodes.add("Gather", picture, nodes.constant(order, np.int64), axis=3)
    if numbers.white != 1:
        picture = nodes.add("Mul", picture, nodes.constant(numbers.white))
    if any(numbers.mean):
        picture = nodes.add("Sub", picture, nodes.constant(numbers.mean))
    if numbers.std != (1.0,):
        picture = nodes.add("Div", picture, nodes.constant(numbers.std))
    if taken.dtype.kind == "u":
        picture = nodes.add("Floor", nodes.add("Add", picture, nodes.constant(0.5)))
    if taken.dtype != np.float32:
        picture = nodes.add("Cast", picture, to=helper.np_dtype_to_tensor_dtype(taken.dtype))
    if taken.layout == "NCHW":
        picture = nodes.add("Transpose", picture, perm=[0, 3, 1, 2])
    if taken.flat:
        picture = nodes.add("Reshape", picture, nodes.constant([-1, *taken.shape], np.int64))
    nodes.add("Identity", picture, output=taken.name)


def _judge(nodes: _Nodes, returned: NetworkOutput, strangeness: bool) -> list[Any]:
    """Compute label, probabilities and strangeness, and return the outputs."""
    width = 1 if returned.kind in ("one logit", "one probability") else returned.count
    shape = nodes.constant([-1, width], np.int64)
    scores = nodes.add("Reshape", nodes.add("Cast", returned.name, to=TensorProto.FLOAT), shape)
    match returned.kind:
        case "logits":
            probabilities = nodes.add("Softmax", scores, axis=1)
        case "logarithms":
            probabilities = nodes.add("Exp", scores)
        case "probabilities":
            probabilities = scores
        case "one logit" | "one probability":
            second = nodes.add("Sigmoid", scores) if returned.kind == "one logit" else scores
            first = nodes.add("Sub", nodes.constant([1]), second)
            scores = probabilities = nodes.add("Concat", first, second, axis=1)
    nodes.add("Identity", probabilities, output=PROBABILITIES)
    nodes.add("ArgMax", scores, output=LABEL, axis=1, keepdims=0)
    outputs = [
        helper.make_tensor_value_info(LABEL, TensorProto.INT64, ["n"]),
        helper.make_tensor_value_info(PROBABILITIES, TensorProto.FLOAT, ["n", returned.count]),
    ]
    if strangeness:
        if returned.logits:
            logits = nodes.add("Reshape", nodes.add("Cast", returned.logits, to=TensorProto.FLOAT), shape)
            certainty = nodes.reduce("ReduceLogSumExp", logits)
        else:
            certainty = nodes.add("Log", nodes.reduce("ReduceMax", probabilities))
        nodes.add("Neg", certainty, output=STRANGENESS)
        outputs.append(helper.make_tensor_value_info(STRANGENESS, TensorProto.FLOAT, ["n"]))
    return outputs


def _names(graph: Any) -> set[str]:
    found = {
        value.name for values in (graph.input, graph.output, graph.initializer, graph.value_info) for value in values
    }
    for node in graph.node:
        found.update(node.input, node.output)
        for inner in graphs_of(node):
            found |= _names(inner)
    return found


def _rename(graph: Any, names: dict[str, str]) -> None:
    for values in (graph.input, graph.output, graph.initializer, graph.value_info):
        for value in values:
            value.name = names.get(value.name, value.name)
    for sparse in graph.sparse_initializer:
        sparse.values.name = names.get(sparse.values.name, sparse.values.name)
    for node in graph.node:
        for tensors in (node.input, node.output):
            tensors[:] = [names.get(name, name) for name in tensors]
        for inner in graphs_of(node):
            _rename(inner, names)
