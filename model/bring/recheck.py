"""The command `python -m model check`: compares a bundle with the pipeline in it, on rows that may be new."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from model import bundle, fitted_pipeline
from model.bring import card, check, kinds, pipeline, target
from model.bring.fitted_on import as_fitted
from model.bring.onnx import INPUT
from model.bring.progress import step
from model.bring.request import BundleRequest
from model.bring.tolerance import TOLERANCE, relative_gaps, spread
from model.bundle import Bundle, BundleError
from model.manifest import PIPELINE
from model.task import Task
from model.train.metrics import Figures

_OTHER_LABEL = 1e9  # worse than any difference in probability

# Of shape [rows, numbers]: the index of the class and all probabilities, or an outlier's score; or the numbers.
Answers = NDArray[np.floating[Any]]


class Comparison(NamedTuple):
    """How a bundle's answers compare with its pipeline's.

    Attributes:
        task: What the bundle predicts.
        agrees: Whether no row differs.
        sentence: How many rows were compared and how many differ, and the worst of them.
        metrics: How good the pipeline's predictions for the rows are, if the true values are known.
    """

    task: Task
    agrees: bool
    sentence: str
    metrics: dict[str, Figures]


def compare(folder: Path, data: Path, wanted: str | None, trusted: Sequence[str] = ()) -> Comparison:
    """Compare a bundle with its pipeline.

    Args:
        folder: The bundle.
        data: A file with rows.
        wanted: The column of the true values, if there is one.
        trusted: Types and modules that its pipeline needs besides those that models consist of.

    Raises:
        BundleError: The bundle has no pipeline, or the rows do not have its columns.
    """
    made = bundle.load(folder)
    if not (made.folder / PIPELINE).exists():
        raise BundleError(f"The bundle {folder} has no {PIPELINE}, so there is nothing to compare it with.")
    given = pipeline.read(
        BundleRequest(made.folder / PIPELINE, data, made.task.name, made.folder, wanted, trust=trusted)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected, got = _answers(given.pipeline, made, given.sample)
        known = ~np.isnan(expected).any(axis=1)
        classes = kinds.classes(given.pipeline, np.empty(0))
        truth = pipeline.true_values(given, made.task, classes) if known.all() else None
        predicted = expected[:, 0].astype(np.intp) if made.task.kind == "classification" else expected
        metrics = {}
        if truth is not None:
            metrics = card.figures(given.pipeline, made.task, given.sample, predicted.reshape(truth.shape), truth)
    gaps = _gaps(made.task, expected, got)
    differing = known & ~(gaps <= TOLERANCE)
    sentence = _sentence(made.task, expected, got, np.where(known, gaps, -1.0), int(differing.sum()))
    return Comparison(made.task, not differing.any(), sentence, metrics)


@step("Comparing the bundle with its pipeline")
def _answers(fitted: Any, made: Bundle, rows: pd.DataFrame) -> tuple[Answers, Answers]:
    """Return what the pipeline and the bundle answer; a row that one of them refuses is NaN."""
    task = made.task
    run: check.Run = (
        check.open_graph(made.onnx) if made.skops is None else partial(fitted_pipeline.load(made.skops).run, task)
    )

    def from_pipeline(part: pd.DataFrame) -> Answers:
        given = as_fitted(fitted, part)
        predicted = np.asarray(fitted.predict(given))
        if task.kind == "classification":
            predicted = target.indices(pd.Series(predicted), task, kinds.classes(fitted, predicted))
        more = next((name for name in ("predict_proba", "score_samples") if hasattr(fitted, name)), None)
        return _matrix(predicted, getattr(fitted, more)(given) if more and task.classes else None)

    def from_bundle(part: pd.DataFrame) -> Answers:
        columns = {feature.name: check.tensor(part[feature.name], feature) for feature in task.features}
        outputs = run({INPUT: np.hstack(list(columns.values()))} if task.numeric else columns)
        predicted = outputs["prediction"]
        if task.kind == "classification":
            predicted = np.array([task.classes.index(value) for value in predicted.tolist()])
        return _matrix(predicted, outputs.get("probabilities", outputs.get("score")))

    expected, got = _each(from_pipeline, rows), _each(from_bundle, rows)
    width = min(expected.shape[1], got.shape[1])
    return expected[:, :width], got[:, :width]


def _matrix(predicted: NDArray[Any], more: NDArray[Any] | None) -> Answers:
    parts = [predicted] if more is None else [predicted, more]
    found = np.hstack([part.reshape(len(predicted), -1) for part in parts])
    return found if found.dtype == np.float32 else found.astype(np.float64)  # see tolerance.spread


def _each(answer: Callable[[pd.DataFrame], Answers], rows: pd.DataFrame) -> Answers:
    """Return the answers for all rows, with NaN for those that are refused."""
    try:
        return answer(rows)
    except Exception:  # scikit-learn and onnxruntime raise errors of many kinds
        if len(rows) == 1:
            return np.full((1, 1), np.nan)
    halves = [_each(answer, part) for part in (rows.iloc[: len(rows) // 2], rows.iloc[len(rows) // 2 :])]
    width = max(half.shape[1] for half in halves)
    return np.vstack([half if half.shape[1] == width else np.full((len(half), width), np.nan) for half in halves])


def _gaps(task: Task, expected: Answers, got: Answers) -> NDArray[np.float64]:
    """Return how far each row is off: relative to its probability, score or number, and more if the labels differ."""
    gaps = relative_gaps(expected, got, 1.0 if _has_probabilities(task, expected[0]) else spread(expected))
    if task.kind == "regression":
        return np.asarray(gaps.max(axis=1))
    further = gaps[:, 1:].max(axis=1, initial=0.0)
    return np.asarray(np.where(expected[:, 0] == got[:, 0], further, _OTHER_LABEL + further))


def _sentence(task: Task, expected: Answers, got: Answers, gaps: NDArray[np.float64], differing: int) -> str:
    compared, refused = int((gaps != -1).sum()), int((gaps == -1).sum())
    worst = int(np.argmax(np.where(np.isnan(gaps), np.inf, gaps)))
    aside = f" The pipeline itself refuses {refused} rows." if refused else ""
    if not compared:
        return f"No row could be compared.{aside}"
    pair = f"the pipeline predicts {_shown(task, expected[worst])}, the bundle {_shown(task, got[worst])}"
    if not differing:
        return f"All {compared} rows agree. The largest difference is in row {worst + 1}: {pair}.{aside}"
    return f"{differing} of {compared} rows differ. The worst is row {worst + 1}: {pair}.{aside}"


def _shown(task: Task, answer: NDArray[np.float64]) -> str:
    if np.isnan(answer).any():
        return "nothing"
    if task.kind == "regression":
        return ", ".join(f"{number:.9g}" for number in answer)
    label = task.labels[int(answer[0])]
    if _has_probabilities(task, answer):
        return f"{label} with {answer[1 + int(answer[0])]:.7f}"
    return f"{label} with the score {answer[1]:.9g}" if len(answer) > 1 else label


def _has_probabilities(task: Task, answer: NDArray[np.float64]) -> bool:
    return bool(task.classes) and len(answer) == 1 + len(task.classes)
