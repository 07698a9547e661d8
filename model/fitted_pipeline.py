"""A fitted pipeline as scikit-learn itself runs it, for a model that ONNX cannot express.

It is stored in the form of skops, whose types are compared with a list before anything is built; nothing is unpickled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import skops.io
from numpy.typing import NDArray

from model.bundle import SkopsFile
from model.task import MISSING_TEXT, Task

Container = Literal["frame", "array", "series"]


@dataclass(frozen=True)
class FittedPipeline:
    """A fitted pipeline, and the form of the rows that it takes.

    Attributes:
        estimator: The fitted estimator of scikit-learn.
        container: What it was fitted on: a DataFrame, an array, or a Series of one column of text.
        dtypes: The pandas dtype of each column, by name and in the order of the task's features.
    """

    estimator: Any
    container: Container
    dtypes: Mapping[str, str]

    def run(self, task: Task, rows: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Predict rows in the form in which an ONNX graph takes them, as `model.task` describes it.

        Returns:
            The arrays "prediction" and, if the model has them, "probabilities" and "score".
        """
        given = self._contained(_columns(task, rows))
        predicted = np.asarray(self.estimator.predict(given))
        if task.kind == "regression":
            return {"prediction": predicted.astype(np.float64).reshape(len(predicted), -1)}
        outputs = {"prediction": _coded(predicted, task, getattr(self.estimator, "classes_", task.classes))}
        if hasattr(self.estimator, "predict_proba"):
            outputs["probabilities"] = np.asarray(self.estimator.predict_proba(given), np.float64)
        elif hasattr(self.estimator, "score_samples"):
            outputs["score"] = np.asarray(self.estimator.score_samples(given), np.float64)
        return outputs

    def _contained(self, columns: Mapping[str, NDArray[Any]]) -> Any:
        table = pd.DataFrame(
            {
                name: pd.Series(columns[name]).astype(pd.api.types.pandas_dtype(dtype))
                for name, dtype in self.dtypes.items()
            }
        )
        match self.container:
            case "frame":
                return table
            case "array":
                return table.to_numpy()
            case "series":
                return table.iloc[:, 0]


def dump(fitted: FittedPipeline) -> SkopsFile:
    content = {"estimator": fitted.estimator, "container": fitted.container, "dtypes": dict(fitted.dtypes)}
    data: bytes = skops.io.dumps(content)
    return SkopsFile(data, tuple(skops.io.get_untrusted_types(data=data)))


def load(file: SkopsFile) -> FittedPipeline:
    """Build the pipeline again. Raises skops' UntrustedTypesFoundException for a type that is not in the list."""
    return FittedPipeline(**skops.io.loads(file.content, trusted=list(file.trusted)))


def _columns(task: Task, rows: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return one array of values for each feature; a missing string is NaN, as in a table read by pandas."""
    if task.numeric:
        matrix = rows["input"]
        return {feature.name: matrix[:, place] for place, feature in enumerate(task.features)}
    columns = {name: values[:, 0] for name, values in rows.items()}
    for feature in task.features:
        if feature.optional and not feature.is_number:
            column = columns[feature.name]
            columns[feature.name] = np.where(column == MISSING_TEXT, np.nan, column)
    return columns


def _coded(predicted: NDArray[Any], task: Task, classes: Sequence[Any]) -> NDArray[Any]:
    """Return the task's classes in place of the estimator's own, which may be booleans or floats."""
    codes = dict(zip(classes, task.classes, strict=True))
    kind = np.object_ if isinstance(task.classes[0], str) else np.int64
    return np.array([codes[value] for value in predicted.tolist()], kind)
