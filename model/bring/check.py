"""Checks that an ONNX graph predicts what the pipeline predicts that it was converted from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
from numpy.typing import NDArray

from model.bring.fitted_on import as_fitted
from model.bring.onnx import INPUT
from model.bring.progress import step
from model.task import MISSING_TEXT, Feature, Task

TOLERANCE = 1e-5  # absolute for probabilities, relative for the numbers of a regression

Tensors = Mapping[str, NDArray[Any]]
Run = Callable[[Tensors], Tensors]

_DTYPES = {"FP32": np.float32, "FP64": np.float64, "BYTES": np.object_}


@dataclass(frozen=True)
class ConversionCheck:
    """How far the graph's predictions are from the pipeline's; a figure that does not apply to the model is None."""

    rows: int
    datatype: str  # of the numbers; BYTES if all columns are strings
    tolerance: float
    labels_differing: int | None = None
    labels_tied: int | None = None  # rows whose two labels are equally likely to the pipeline
    worst_probability_difference: float | None = None
    worst_relative_difference: float | None = None

    @property
    def holds(self) -> bool:
        # Written so that NaN fails.
        worst = (self.worst_probability_difference or 0.0, self.worst_relative_difference or 0.0)
        return not self.labels_differing and all(difference <= self.tolerance for difference in worst)

    def summary(self) -> str:
        parts = []
        if self.labels_differing is not None:
            parts.append(f"{self.labels_differing} of {self.rows} labels differ")
        if self.worst_probability_difference is not None:
            parts.append(f"probabilities by up to {self.worst_probability_difference:.2g}")
        if self.worst_relative_difference is not None:
            parts.append(f"numbers by up to {self.worst_relative_difference:.2g} of their size")
        return ", ".join(parts)

    def to_dict(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if value is not None}


@step("Comparing what will be served with the pipeline")
def check_conversion(pipeline: Any, run: Run, task: Task, rows: pd.DataFrame) -> ConversionCheck:
    """Compare the predictions for every row with those of what will be served; `run` takes and returns tensors."""
    given = as_fitted(pipeline, rows)
    predictions = _predictions(run, task, rows)
    kind = next((feature.datatype for feature in task.features if feature.is_number), "BYTES")
    if task.kind == "regression":
        expected = np.asarray(pipeline.predict(given), dtype=np.float64).ravel()
        got = predictions["prediction"].astype(np.float64).ravel()
        worst = _worst_relative_difference(expected, got)
        return ConversionCheck(len(rows), kind, TOLERANCE, worst_relative_difference=worst)
    expected = np.asarray(pipeline.predict(given))
    differing = expected != predictions["prediction"]
    if "probabilities" not in predictions:
        return ConversionCheck(len(rows), kind, TOLERANCE, labels_differing=int(differing.sum()))
    probabilities = pipeline.predict_proba(given)
    tied = differing & _ties(probabilities, _indices(task, expected), _indices(task, predictions["prediction"]))
    return ConversionCheck(
        len(rows),
        kind,
        TOLERANCE,
        labels_differing=int((differing & ~tied).sum()),
        labels_tied=int(tied.sum()),
        worst_probability_difference=float(np.abs(probabilities - predictions["probabilities"]).max()),
    )


def _indices(task: Task, labels: NDArray[Any]) -> NDArray[np.intp]:
    indices = {value: index for index, value in enumerate(task.classes)}
    return np.array([indices[label] for label in labels])


def _ties(probabilities: NDArray[Any], first: NDArray[np.intp], second: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return for which rows both classes are equally likely to the pipeline: rounding alone chose its label."""
    rows = np.arange(len(probabilities))
    return np.asarray(np.abs(probabilities[rows, first] - probabilities[rows, second]) <= TOLERANCE)


def run_graph(graph: bytes, feed: Tensors) -> Tensors:
    """Run an ONNX graph, whose first output is the prediction."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4  # what it logs is raised as well
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    names = ["prediction", *(output.name for output in session.get_outputs()[1:])]
    return dict(zip(names, session.run(None, dict(feed)), strict=True))


def _predictions(run: Run, task: Task, rows: pd.DataFrame) -> Tensors:
    """Return the outputs by name; the first row is run alone, as in a server, and the others together."""
    columns = {feature.name: tensor(rows[feature.name], feature) for feature in task.features}
    feed = {INPUT: np.hstack(list(columns.values()))} if task.numeric else columns
    first, others = (
        run({name: values[part] for name, values in feed.items()}) for part in (slice(None, 1), slice(1, None))
    )
    if any(first[name].shape[1:] != others[name].shape[1:] for name in first):
        raise ValueError("the outputs of its graph have another shape for one row than for several")
    return {name: np.concatenate([first[name], others[name]]) for name in first}


def tensor(column: pd.Series[Any], feature: Feature) -> NDArray[Any]:
    """Return a column in the form that the graph takes, of shape [rows, 1]."""
    if not feature.is_number:
        column = column.astype(object).where(column.notna(), MISSING_TEXT)
    return column.to_numpy(dtype=_DTYPES[feature.datatype]).reshape(-1, 1)


def _worst_relative_difference(expected: NDArray[np.float64], got: NDArray[np.float64]) -> float:
    """Return the largest difference relative to the number, or to the standard deviation of all if that is larger.

    A number close to zero has no useful relative difference.
    """
    size = np.maximum(np.abs(expected), expected.std())
    gap = np.abs(expected - got)
    return float(np.max(np.divide(gap, size, out=gap.copy(), where=size > 0)))
