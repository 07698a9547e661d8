"""The tensors that a model takes and returns, as arrays and as KServe's V2 protocol describes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from model.task import MISSING_TEXT, Feature, Task

# What the ONNX graph is fed, by the name of its input: of rows {"input": [rows, features]}, or if some features are
# strings {feature: [rows, 1], …}; of pictures {"input": [pictures, *Picture.shape]}.
ModelInput = Mapping[str, NDArray[Any]]

DTYPES: Mapping[str, Any] = {"FP32": np.float32, "FP64": np.float64, "BYTES": np.object_}
V2_DATATYPES = {
    "tensor(float)": "FP32",
    "tensor(double)": "FP64",
    "tensor(int64)": "INT64",
    "tensor(string)": "BYTES",
}


@dataclass(frozen=True)
class Tensor:
    """A tensor as V2 metadata describes it.

    Attributes:
        shape: The first axis, of rows or pictures, is -1.
        on_request: Whether only a request that names this output gets it.
    """

    name: str
    datatype: str
    shape: tuple[int, ...]
    on_request: bool = False

    @property
    def metadata(self) -> dict[str, Any]:
        return {"name": self.name, "datatype": self.datatype, "shape": list(self.shape)}


@dataclass(frozen=True)
class ModelOutput:
    """What a model computed for each row or picture.

    Attributes:
        predictions: [rows], class values or numbers; [rows, targets] if a regression predicts several numbers.
        probabilities: [rows, classes], or None if the model has none.
        strangeness: [pictures], or None if the model does not compute it.
        scores: [rows], how normal each row is, or None if the model is no detector of outliers.
    """

    predictions: NDArray[Any]
    probabilities: NDArray[np.floating[Any]] | None = None
    strangeness: NDArray[np.floating[Any]] | None = None
    scores: NDArray[np.floating[Any]] | None = None


WARNINGS = Tensor("warnings", "BYTES", (-1,), on_request=True)  # of rows
REMARKS = tuple(Tensor(name, "BYTES", (-1,)) for name in ("notes", "alarms", "warnings"))  # mostly empty strings


def input_tensors(task: Task) -> tuple[Tensor, ...]:
    if task.picture:
        return (Tensor("input", "FP32", (-1, *task.picture.shape)),)
    if task.numeric:
        return (Tensor("input", task.features[0].datatype, (-1, len(task.features))),)
    return tuple(Tensor(feature.name, feature.datatype, (-1, 1)) for feature in task.features)


def example_input(task: Task) -> ModelInput:
    """Return the task's example; fields that it lacks are missing values, and the example of a picture is black."""
    if task.picture:
        return {"input": np.zeros((1, *task.picture.shape), np.float32)}
    values = [task.example.get(feature.name, missing_value(feature)) for feature in task.features]
    if task.numeric:
        return {"input": np.array([values], DTYPES[task.features[0].datatype])}
    return {
        feature.name: np.array([[value]], DTYPES[feature.datatype])
        for feature, value in zip(task.features, values, strict=True)
    }


def missing_value(feature: Feature) -> float | str:
    return float("nan") if feature.is_number else MISSING_TEXT


def graph_input(node: onnxruntime.NodeArg) -> Tensor:
    return Tensor(node.name, V2_DATATYPES[node.type], (-1, *node.shape[1:]))


def graph_output(node: onnxruntime.NodeArg) -> Tensor:
    """Describe an output under the name it has in responses: whatever the graph calls it, the first is "prediction"."""
    if node.name == "probabilities":
        return Tensor(node.name, V2_DATATYPES[node.type], (-1, node.shape[-1]))
    if node.name == "strangeness":
        return Tensor(node.name, V2_DATATYPES[node.type], (-1,))
    several = len(node.shape) > 1 and node.shape[-1] not in (None, 1)
    return Tensor("prediction", V2_DATATYPES[node.type], (-1, node.shape[-1]) if several else (-1,))


def described(name: str, array: NDArray[Any], task: Task) -> Tensor:
    """Describe an output of a pipeline by one that it returned."""
    datatype = {"i": "INT64", "f": "FP64", "O": "BYTES"}[array.dtype.kind]
    wide = name == "probabilities" or task.targets
    return Tensor(name, datatype, (-1, array.shape[-1]) if wide else (-1,))
