"""A fitted pipeline as scikit-learn itself runs it, for a model that ONNX cannot express.

It is stored in the form of skops, whose types are compared with a list before anything is built; nothing is unpickled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import sklearn
import skops.io
from numpy.typing import NDArray

from model import estimator
from model.bundle import BundleError, SkopsFile
from model.task import MISSING_TEXT, Task

Container = Literal["frame", "array", "records", "series"]

_WHOLE = 2**53  # double precision has every whole number below it


@dataclass(frozen=True)
class FittedPipeline:
    """A fitted pipeline, and the form of the rows that it takes.

    Attributes:
        estimator: The fitted estimator of scikit-learn.
        container: What it was fitted on: a DataFrame, an array, dictionaries, or a Series of one column of text.
        dtypes: The dtype of each column, by name and in the order of the task's features: "float64", "int64", "bool"
            or "object", which is for strings.
        missing: What stands for a missing string: NaN or None.
    """

    estimator: Any
    container: Container
    dtypes: Mapping[str, str]
    missing: float | None = float("nan")

    def run(self, task: Task, rows: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Predict rows in the form in which an ONNX graph takes them, as `model.task` describes it.

        Returns:
            The arrays "prediction" and, if the model has them, "probabilities" and "score".
        """
        given = contained(self._table(task, rows), self.container)
        answer = estimator.predict(self.estimator, given, numbers_only=task.kind == "regression")
        if task.kind == "regression":
            return {"prediction": np.array(answer.predicted, np.float64, order="C").reshape(len(answer.predicted), -1)}
        outputs = {"prediction": _coded(answer.predicted, task, getattr(self.estimator, "classes_", task.classes))}
        if answer.probabilities is not None:
            outputs["probabilities"] = np.ascontiguousarray(answer.probabilities)
        if answer.scores is not None:
            outputs["score"] = answer.scores
        return outputs

    def _table(self, task: Task, rows: Mapping[str, NDArray[Any]]) -> pd.DataFrame:
        if task.numeric:
            columns = dict(zip(task.names, rows["input"].T, strict=True))
        else:
            columns = {feature.name: rows[feature.name][:, 0] for feature in task.features}
        for feature in task.features:
            if feature.optional and not feature.is_number:
                texts = columns[feature.name]
                columns[feature.name] = np.where(texts == MISSING_TEXT, self.missing, texts)
        return pd.DataFrame({name: restored(columns[name], dtype) for name, dtype in self.dtypes.items()})


def contained(table: pd.DataFrame, container: Container) -> Any:
    """Return a table in the form that a pipeline was fitted on."""
    match container:
        case "frame":
            return table
        case "records":
            return table.to_dict("records")
        case "series":
            return table.iloc[:, 0]
        case "array":
            # Of numbers and booleans together pandas would make an array of objects.
            numeric = all(dtype.kind in "fiub" for dtype in table.dtypes)
            return table.to_numpy(dtype=np.float64 if numeric else None)


def restored(column: NDArray[Any], dtype: str) -> NDArray[Any]:
    """Return numbers in the type that a column had, or in the nearest one that can hold those that are missing."""
    if dtype == "object" or column.dtype == np.object_:
        return column
    numbers = column.astype(np.float64)
    if dtype == "bool":
        truths = numbers == 1
        missing = np.isnan(numbers)
        return np.where(missing, np.nan, truths.astype(np.object_)) if missing.any() else truths
    if dtype == "int64" and (np.abs(numbers) < _WHOLE).all() and (numbers == np.trunc(numbers)).all():
        return numbers.astype(np.int64)
    return numbers


def dump(fitted: FittedPipeline) -> SkopsFile:
    content = {
        "estimator": fitted.estimator,
        "container": fitted.container,
        "dtypes": dict(fitted.dtypes),
        "missing": fitted.missing,
    }
    data: bytes = skops.io.dumps(content)
    return SkopsFile(data, tuple(skops.io.get_untrusted_types(data=data)), sklearn.__version__)


def load(file: SkopsFile) -> FittedPipeline:
    """Build the pipeline again.

    Raises:
        BundleError: It is for another version of scikit-learn, in which it could predict something else.
        UntrustedTypesFoundException: It has a type that is not in the list.
    """
    if file.sklearn != sklearn.__version__:
        raise BundleError(
            f"its pipeline is for scikit-learn {file.sklearn}, and this is {sklearn.__version__}. "
            "Install that version, or bundle the model again with this one."
        )
    fitted = FittedPipeline(**skops.io.loads(file.content, trusted=list(file.trusted)))
    estimator.calm(fitted.estimator)
    return fitted


def _coded(predicted: NDArray[Any], task: Task, classes: Sequence[Any]) -> NDArray[Any]:
    """Return the task's classes in place of the estimator's own, which may be booleans or whole floats."""
    codes = dict(zip(classes, task.classes, strict=True))
    kind = np.object_ if isinstance(task.classes[0], str) else np.int64
    return np.array([codes[value] for value in predicted.tolist()], kind)
