"""Checks that what will be served predicts what the pipeline predicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
from numpy.typing import NDArray

from model.bring.answers import Answered, ask
from model.bring.onnx import INPUT
from model.bring.probe import Block
from model.bring.progress import step
from model.bring.tolerance import TOLERANCE, relative_gaps, spread
from model.task import MISSING_TEXT, Feature, Task

TIE = 1e-12  # between two probabilities that differ only by the rounding of double precision
ROWS_PER_RUN = 1_024  # as in a server
REFUSED_ROWS = 5  # of each kind, which are tried one by one

Array = NDArray[Any]
Tensors = Mapping[str, Array]
Run = Callable[[Tensors], Tensors]

_DTYPES = {"FP32": np.float32, "FP64": np.float64, "BYTES": np.object_}


@dataclass(frozen=True)
class ConversionCheck:
    """How far predictions are from the pipeline's, relative to them; what does not apply to the model is None."""

    rows: int
    datatype: str  # of the numbers; BYTES if all columns are strings
    tolerance: float
    labels_differing: int | None = None
    labels_tied: int | None = None  # of the differing ones, those that the pipeline chose by rounding alone
    worst_probability_difference: float | None = None
    worst_score_difference: float | None = None  # of a detector of outliers
    worst_relative_difference: float | None = None  # of the numbers of a regression
    refused_but_answered: int | None = None  # of the rows tried that the pipeline refuses
    rows_by_kind: Mapping[str, int] | None = None

    @property
    def holds(self) -> bool:
        # Written so that NaN fails.
        exact = not self.labels_differing and not self.refused_but_answered
        return exact and all(difference <= self.tolerance for _, difference in self._worst())

    def summary(self) -> str:
        parts = []
        if self.labels_differing is not None:
            parts.append(f"{self.labels_differing} of {self.rows} labels differ")
        parts += [f"{what} by up to {difference:.2g} of their size" for what, difference in self._worst()]
        if self.refused_but_answered:
            parts.append(f"{self.refused_but_answered} rows that the pipeline refuses are answered")
        return ", ".join(parts)

    def _worst(self) -> list[tuple[str, float]]:
        figures = {
            "probabilities": self.worst_probability_difference,
            "scores": self.worst_score_difference,
            "numbers": self.worst_relative_difference,
        }
        return [(what, difference) for what, difference in figures.items() if difference is not None]

    def to_dict(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if value is not None}


def check_conversion(pipeline: Any, run: Run, task: Task, rows: pd.DataFrame) -> ConversionCheck:
    """Compare the predictions for some rows with those of what will be served; `run` takes and returns tensors."""
    return compare(list(ask(pipeline, [Block("rows", rows)])), run, task)


@step("Comparing what will be served with the pipeline")
def compare(answered: Sequence[Answered], run: Run, task: Task) -> ConversionCheck:
    """Compare what the pipeline predicted, first for the sample, with what will be served."""
    predicted = [each for each in answered if len(each.rows)]
    runs = [_predictions(run, task, each.rows) for each in predicted]
    got = {name: np.concatenate([outputs[name] for outputs in runs]) for name in runs[0]}
    figures = _label_figures(predicted, got, task) if task.kind == "classification" else _number_figures(predicted, got)
    refused = [each.refused.iloc[[row]] for each in answered for row in range(min(REFUSED_ROWS, len(each.refused)))]
    return ConversionCheck(
        rows=sum(len(each.rows) for each in predicted),
        datatype=next((feature.datatype for feature in task.features if feature.is_number), "BYTES"),
        tolerance=TOLERANCE,
        refused_but_answered=sum(_answers(run, task, row) for row in refused) if refused else None,
        rows_by_kind={each.kind: len(each.rows) for each in predicted} if len(answered) > 1 else None,
        **figures,
    )


def _label_figures(predicted: list[Answered], got: Tensors, task: Task) -> dict[str, Any]:
    places = {value: place for place, value in enumerate(task.classes)}
    expected, labels = (
        np.array([places[label] for label in labels])
        for labels in (np.concatenate([each.predicted for each in predicted]).tolist(), got["prediction"].tolist())
    )
    differing = expected != labels
    if predicted[0].scores is not None:
        scores = np.concatenate([each.scores for each in predicted])
        gaps = relative_gaps(scores, got["score"], predicted[0].scores.std())
        return {"labels_differing": int(differing.sum()), "worst_score_difference": float(gaps.max())}
    if "probabilities" not in got:
        return {"labels_differing": int(differing.sum())}
    probabilities = np.concatenate([each.probabilities for each in predicted])
    rows = np.arange(len(probabilities))
    gap = np.abs(probabilities[rows, expected] - probabilities[rows, labels])
    # Of two classes that are exactly as likely, the pipeline always predicts the same one.
    tied = differing & (gap > 0) & (gap <= TIE)
    return {
        "labels_differing": int((differing & ~tied).sum()),
        "labels_tied": int(tied.sum()),
        "worst_probability_difference": float(relative_gaps(probabilities, got["probabilities"], 1.0).max()),
    }


def _number_figures(predicted: list[Answered], got: Tensors) -> dict[str, Any]:
    numbers = [each.predicted.reshape(len(each.rows), -1) for each in predicted]
    expected = np.concatenate(numbers).astype(np.float64)
    gaps = relative_gaps(expected, got["prediction"].reshape(expected.shape), spread(numbers[0]))
    return {"worst_relative_difference": float(gaps.max())}


def _answers(run: Run, task: Task, row: pd.DataFrame) -> bool:
    """Return whether a row gets an answer; a server refuses it if an output is infinite or NaN."""
    try:
        outputs = run(_feed(task, row))
    except Exception:  # onnxruntime and scikit-learn raise errors of many kinds
        return False
    return all(np.isfinite(values).all() for values in outputs.values() if values.dtype.kind == "f")


def open_graph(graph: bytes) -> Run:
    """Return what runs an ONNX graph, whose first output is the prediction."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4  # what it logs is raised as well
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    names = ["prediction", *(output.name for output in session.get_outputs()[1:])]
    return lambda feed: dict(zip(names, session.run(None, dict(feed)), strict=True))


def _predictions(run: Run, task: Task, rows: pd.DataFrame) -> Tensors:
    """Return the outputs by name; the first row is run alone, as in a server, and the others together."""
    starts = [0, 1, *range(1 + ROWS_PER_RUN, len(rows), ROWS_PER_RUN)]
    parts = [_outputs(run, task, rows.iloc[start:end]) for start, end in pairwise([*starts, len(rows)]) if end > start]
    if any(part[name].shape[1:] != parts[0][name].shape[1:] for part in parts for name in part):
        raise ValueError("the outputs of its graph have another shape for one row than for several")
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _outputs(run: Run, task: Task, rows: pd.DataFrame) -> Tensors:
    outputs = run(_feed(task, rows))
    # skl2onnx lists the numbers of an MLPRegressor of several below each other, as if each were a row of its own.
    if any(len(values) != len(rows) for values in outputs.values()):
        raise ValueError("the outputs of its graph have more or fewer rows than its input")
    return outputs


def _feed(task: Task, rows: pd.DataFrame) -> Tensors:
    columns = {feature.name: tensor(rows[feature.name], feature) for feature in task.features}
    return {INPUT: np.hstack(list(columns.values()))} if task.numeric else columns


def tensor(column: pd.Series[Any], feature: Feature) -> Array:
    """Return a column in the form that the graph takes, of shape [rows, 1]."""
    if not feature.is_number:
        column = column.astype(object).where(column.notna(), MISSING_TEXT)
    return column.to_numpy(dtype=_DTYPES[feature.datatype]).reshape(-1, 1)
