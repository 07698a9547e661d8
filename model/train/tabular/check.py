"""The proof that an ONNX graph answers as the pipeline it was made from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
from numpy.typing import NDArray

from model.task import MISSING_TEXT, Feature, Task
from model.train.tabular.csv_rows import as_fitted
from model.train.tabular.onnx import INPUT

TOLERANCE = 1e-5  # absolute for probabilities, relative for the numbers of a regression

_DTYPES = {"FP32": np.float32, "FP64": np.float64, "BYTES": np.object_}


@dataclass(frozen=True)
class Proof:
    """How far the ONNX graph is from the pipeline on `rows` rows; None where the model has no such answer."""

    rows: int
    datatype: str  # of the numbers; BYTES where all columns are strings
    tolerance: float
    labels_differing: int | None = None
    labels_tied: int | None = None  # another label of two that the pipeline holds equally likely
    worst_probability_difference: float | None = None
    worst_relative_difference: float | None = None

    @property
    def holds(self) -> bool:
        # Written so that NaN, where one side answers nothing, fails.
        worst = (self.worst_probability_difference or 0.0, self.worst_relative_difference or 0.0)
        return not self.labels_differing and all(difference <= self.tolerance for difference in worst)

    def in_words(self) -> str:
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


def prove(pipeline: Any, graph: bytes, task: Task, rows: pd.DataFrame) -> Proof:
    """Compare the answers on every row."""
    given = as_fitted(pipeline, rows)
    answers = _run(graph, task, rows)
    kind = next((feature.datatype for feature in task.features if feature.is_number), "BYTES")
    if task.kind == "regression":
        expected = np.asarray(pipeline.predict(given), dtype=np.float64).ravel()
        got = answers["prediction"].astype(np.float64).ravel()
        return Proof(len(rows), kind, TOLERANCE, worst_relative_difference=_worst_relative_difference(expected, got))
    expected = np.asarray(pipeline.predict(given))
    differing = expected != answers["label"]
    if "probabilities" not in answers:
        return Proof(len(rows), kind, TOLERANCE, labels_differing=int(differing.sum()))
    probabilities = pipeline.predict_proba(given)
    tied = differing & _tied(probabilities, _places(task, expected), _places(task, answers["label"]))
    return Proof(
        len(rows),
        kind,
        TOLERANCE,
        labels_differing=int((differing & ~tied).sum()),
        labels_tied=int(tied.sum()),
        worst_probability_difference=float(np.abs(probabilities - answers["probabilities"]).max()),
    )


def _places(task: Task, labels: NDArray[Any]) -> NDArray[np.intp]:
    place = {value: place for place, value in enumerate(task.classes)}
    return np.array([place[label] for label in labels])


def _tied(probabilities: NDArray[Any], first: NDArray[np.intp], second: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Where the pipeline holds both classes equally likely, so that rounding alone chose its label."""
    rows = np.arange(len(probabilities))
    return np.asarray(np.abs(probabilities[rows, first] - probabilities[rows, second]) <= TOLERANCE)


def _run(graph: bytes, task: Task, rows: pd.DataFrame) -> dict[str, NDArray[Any]]:
    """The graph's answers by name: of the first row alone, as a server asks it, and of the others together."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4  # what it would say is raised, too
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    columns = {feature.name: tensor(rows[feature.name], feature) for feature in task.features}
    feed = {INPUT: np.hstack(list(columns.values()))} if task.numeric else columns
    first, others = (
        session.run(None, {name: values[part] for name, values in feed.items()})
        for part in (slice(None, 1), slice(1, None))
    )
    names = [output.name for output in session.get_outputs()]
    if any(alone.shape[1:] != together.shape[1:] for alone, together in zip(first, others, strict=True)):
        raise ValueError("its graph answers one row in another shape than several")
    return {name: np.concatenate(both) for name, *both in zip(names, first, others, strict=True)}


def tensor(column: pd.Series[Any], feature: Feature) -> NDArray[Any]:
    """A column as the graph takes it, of shape [rows, 1]."""
    if not feature.is_number:
        column = column.astype(object).where(column.notna(), MISSING_TEXT)
    return column.to_numpy(dtype=_DTYPES[feature.datatype]).reshape(-1, 1)


def _worst_relative_difference(expected: NDArray[np.float64], got: NDArray[np.float64]) -> float:
    """Relative to the number itself, or to the spread of all of them where that is larger: zero has no size."""
    size = np.maximum(np.abs(expected), expected.std())
    gap = np.abs(expected - got)
    return float(np.max(np.divide(gap, size, out=gap.copy(), where=size > 0)))
