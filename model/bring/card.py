"""Writes the card of a bundled pipeline: what it is, how good it is on the rows given, and how it was proved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from model.bring import fitted_on, kinds
from model.bring.check import ConversionCheck
from model.bring.request import WARNING
from model.bundle_write import versions
from model.task import Task
from model.train.metrics import Figures, classification_figures, regression_figures

Array = NDArray[Any]


def card(
    pipeline: Any, task: Task, metrics: dict[str, Figures], check: ConversionCheck, sample: str, notes: list[str]
) -> dict[str, Any]:
    """Return the card. Its first limit is shown next to every prediction: a warning, if there is one."""
    first = "The rows given may be rows that it was trained on; its figures for new rows are lower then."
    if not metrics:
        first = "Nothing is known about how good its predictions are."
    return {
        "title": task.title,
        "summary": f"A {kinds.word(pipeline)} by a {' → '.join(_steps(pipeline))} of scikit-learn, from a joblib file.",
        "limits": sorted([first, *notes], key=lambda limit: not limit.startswith(WARNING)),
        "data": {"sample": sample},
        "metrics": metrics,
        "verification": check.to_dict(),
        "versions": versions(),
    }


def figures(pipeline: Any, task: Task, sample: pd.DataFrame, predicted: Array, truth: Array) -> dict[str, Figures]:
    """Return the figures for the rows given, by name; of several targets each has its own.

    Args:
        pipeline: The fitted pipeline.
        task: What it predicts.
        sample: The rows.
        predicted: The predicted numbers, or the indices of the predicted classes.
        truth: The true ones, in the same form.
    """
    if task.targets:
        columns: Sequence[tuple[Array, Array]] = list(zip(truth.T, predicted.T, strict=True))
        return {name: regression_figures(*pair) for name, pair in zip(task.targets, columns, strict=True)}
    if task.kind == "regression":
        return {"rows_given": regression_figures(truth, predicted)}
    probabilities = None
    if hasattr(pipeline, "predict_proba"):
        probabilities = pipeline.predict_proba(fitted_on.as_fitted(pipeline, sample))
    return {"rows_given": classification_figures(truth, predicted, probabilities, np.arange(len(task.classes)))}


def _steps(pipeline: Any) -> list[str]:
    steps = [step for _, step in pipeline.steps] if isinstance(pipeline, Pipeline) else [pipeline]
    return [type(step).__name__ for step in steps if not isinstance(step, str)]
