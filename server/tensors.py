"""What a model is fed, and the tensors that it takes and answers, as the V2 protocol describes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from model.task import MISSING_TEXT, Feature, Task

Rows = Mapping[str, NDArray[Any]]
"""What the ONNX graph is fed: {"input": [rows, features]}, or {feature: [rows, 1]} where some are strings;
of pictures {"input": [rows, height, width]}."""

DTYPES: Mapping[str, Any] = {"FP32": np.float32, "FP64": np.float64, "BYTES": np.object_}
V2_DATATYPES = {
    "tensor(float)": "FP32",
    "tensor(double)": "FP64",
    "tensor(int64)": "INT64",
    "tensor(string)": "BYTES",
}


@dataclass(frozen=True)
class Tensor:
    """A tensor of the model as KServe's V2 metadata names it; -1 is the number of rows."""

    name: str
    datatype: str
    shape: tuple[int, ...]


WARNINGS = Tensor("warnings", "BYTES", (-1,))
"""What is said of each picture; of most an empty string."""


def of_task(task: Task) -> tuple[Tensor, ...]:
    if task.picture:
        return (Tensor("input", "FP32", (-1, task.picture.height, task.picture.width)),)
    if task.numeric:
        return (Tensor("input", task.features[0].datatype, (-1, len(task.features))),)
    return tuple(Tensor(feature.name, feature.datatype, (-1, 1)) for feature in task.features)


def example_rows(task: Task) -> Rows:
    """The task's example as the graph takes it; a field that it lacks is a missing value, and a picture is black."""
    if task.picture:
        return {"input": np.zeros((1, task.picture.height, task.picture.width), np.float32)}
    values = [task.example.get(feature.name, missing_value(feature)) for feature in task.features]
    if task.numeric:
        return {"input": np.array([values], DTYPES[task.features[0].datatype])}
    return {
        feature.name: np.array([[value]], DTYPES[feature.datatype])
        for feature, value in zip(task.features, values, strict=True)
    }


def missing_value(feature: Feature) -> float | str:
    return float("nan") if feature.is_number else MISSING_TEXT


def of_input(node: onnxruntime.NodeArg) -> Tensor:
    return Tensor(node.name, V2_DATATYPES[node.type], (-1, *node.shape[1:]))


def of_output(node: onnxruntime.NodeArg) -> Tensor:
    if node.name == "probabilities":
        return Tensor(node.name, V2_DATATYPES[node.type], (-1, node.shape[-1]))
    if node.name == "strangeness":
        return Tensor(node.name, V2_DATATYPES[node.type], (-1,))
    return Tensor("prediction", V2_DATATYPES[node.type], (-1,))
