"""Adds nodes to a graph that skl2onnx builds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto
from onnx.helper import np_dtype_to_tensor_dtype


def added(
    scope: Any, container: Any, kind: str, inputs: list[str], output: str = "", domain: str = "", **attributes: Any
) -> str:
    """Add a node and return the name of its only output."""
    output = output or scope.get_unique_variable_name(kind.lower())
    name = scope.get_unique_operator_name(kind)
    container.add_node(kind, inputs, output, op_domain=domain, name=name, **attributes)
    return output


def constant(scope: Any, container: Any, values: NDArray[Any]) -> str:
    """Add an array of numbers and return its name."""
    name: str = scope.get_unique_variable_name("constant")
    container.add_initializer(name, np_dtype_to_tensor_dtype(values.dtype), values.shape, np.ravel(values))
    return name


def add_classes(scope: Any, container: Any, scores: str, classes: NDArray[Any], output: str) -> None:
    """Add what chooses the class of the highest score, the first one of several as numpy does."""
    strings = classes.dtype.kind in "OU"
    name = scope.get_unique_variable_name("classes")
    values = [value.encode() if strings else int(value) for value in classes]
    container.add_initializer(name, TensorProto.STRING if strings else TensorProto.INT64, [len(values)], values)
    highest = added(scope, container, "ArgMax", [scores], axis=1, keepdims=0)
    added(scope, container, "Gather", [name, highest], output, axis=0)


def floor(numbers: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the largest numbers in single precision that are not above the given ones."""
    nearest = numbers.astype(np.float32)
    return np.where(nearest > numbers, np.nextafter(nearest, np.float32(-np.inf)), nearest)
