"""Finds the scores of the classes among what a network returns, and what kind of numbers these are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from model.bundle import BundleError

Array = NDArray[Any]
# One number is the score of the second of two classes.
Kind = Literal["logits", "probabilities", "logarithms", "one logit", "one probability"]

_SUM = 1e-2  # by how much probabilities may miss 1: those of half precision or of 8 bits do
_TRANSPARENT = ("Identity", "Cast", "Reshape", "Flatten", "Squeeze")  # operators that leave scores as they are


@dataclass(frozen=True)
class NetworkOutput:
    """The output that scores the classes.

    Attributes:
        name: In the network's graph.
        count: How many classes it scores; 2 if it returns one number.
        kind: What the scores are.
        logits: The name of the logits in the graph; empty if they are not there.
    """

    name: str
    count: int
    kind: Kind
    logits: str = ""


def session(content: bytes) -> Any:
    """Open a graph as the server does. Raises BundleError."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what is wrong is in the exception
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions have no base class of their own
        raise BundleError(f"onnxruntime cannot open the network: {reason(error)}.") from error


def run(opened: Any, names: list[str], pictures: Mapping[str, Array]) -> list[Array]:
    """Return the outputs for a batch. Raises BundleError."""
    try:
        outputs: list[Array] = opened.run(names, pictures)
    except Exception as error:  # onnxruntime's exceptions have no base class of their own
        raise BundleError(f"The network fails on a picture: {reason(error)}.") from error
    return outputs


def find(model: onnx.ModelProto, outputs: Mapping[str, Array], classes: int | None) -> NetworkOutput:
    """Return the output that scores the classes.

    Args:
        model: The network.
        outputs: What it returned for each of several pictures, by output.
        classes: How many classes there are, if that is known.

    Raises:
        BundleError: No output scores classes, or several do.
    """
    scores = {name: array.reshape(len(array), -1) for name, array in outputs.items() if _is_scores(array)}
    if classes is not None and len(scores) > 1:
        width = (1, 2) if classes == 2 else (classes,)  # noqa: PLR2004 (one number scores the second of two classes)
        scores = {name: array for name, array in scores.items() if array.shape[1] in width}
    if len(scores) != 1:
        shown = ", ".join(f"{name} {['n', *array.shape[1:]]}".replace("'", "") for name, array in outputs.items())
        raise BundleError(
            f"The network is no classifier that returns one score per class. It returns {shown}. "
            "Export one with a single output [n, classes]."
        )
    name, array = scores.popitem()
    return _described(model, name, array)


def _is_scores(array: Array) -> bool:
    return array.dtype.kind == "f" and array.ndim > 1 and all(side == 1 for side in array.shape[2:])


def _described(model: onnx.ModelProto, name: str, scores: Array) -> NetworkOutput:
    producer, direct = _producer(model, name)
    operator = producer.op_type if producer else ""
    count = scores.shape[1]
    if count == 1:
        kind: Kind = "one probability" if operator == "Sigmoid" else "one logit"
        return NetworkOutput(name, 2, kind)
    if operator == "Sigmoid":
        raise BundleError(
            "The network ends in a sigmoid for each class, so a picture can have several. Only classes that exclude "
            "each other can be served: export it with a softmax."
        )
    if (scores >= 0).all() and np.abs(scores.sum(axis=1) - 1).max() < _SUM:
        logits = producer.input[0] if producer and operator == "Softmax" and direct else ""
        return NetworkOutput(name, count, "probabilities", logits)
    if (scores <= 0).all() and np.abs(np.exp(scores).sum(axis=1) - 1).max() < _SUM:
        logits = producer.input[0] if producer and operator == "LogSoftmax" and direct else ""
        return NetworkOutput(name, count, "logarithms", logits)
    return NetworkOutput(name, count, "logits", name)


def _producer(model: onnx.ModelProto, name: str) -> tuple[Any, bool]:
    """Return the node whose scores these are, and whether nothing stands between it and the output."""
    by_output = {output: node for node in model.graph.node for output in node.output}
    node, direct = by_output.get(name), True
    while node is not None and node.op_type in _TRANSPARENT:
        node, direct = by_output.get(node.input[0]), False
    return node, direct


def reason(error: Exception) -> str:
    """Return onnxruntime's message without its codes and paths, in one line."""
    line = str(error).strip().partition("\n")[0]
    line = re.sub(r"^.*\[ONNXRuntimeError\] : \d+ : \w+ : ", "", line)
    if node := re.search(r"running (\w+) node\. Name:'[^']*' Status Message: *(.*)", line):
        scarce = "allocate" in node[2] or "bad_alloc" in node[2]
        line = f"{node[1]} asks for too much memory" if scarce else f"{node[1]}: {node[2]}"
    line = re.sub(r"/\S+/onnxruntime/\S+ .*?(?=\S+ was false|$)", "", line)
    return re.sub(r"\s+", " ", line).strip().rstrip(".")[:160]
