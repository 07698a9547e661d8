"""Adds nodes to a graph that skl2onnx builds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
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
