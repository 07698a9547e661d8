"""Makes a bundle from a fitted scikit-learn classifier or regressor."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from model.bring import backend, encoders, model_file, table_file
from model.bring.check import ConversionCheck
from model.bring.request import BundleRequest
from model.bundle import Bundle, BundleError
from model.bundle_write import save, versions
from model.task import Task
from model.train.data_statistics import describe
from model.train.metrics import Figures, classification_figures, regression_figures

Array = NDArray[Any]


def bundle(request: BundleRequest) -> Bundle:
    """Write the bundle. This unpickles the pipeline, which runs code: bundle only files that you trust.

    Raises:
        BundleError: The pipeline cannot be served; the message says why.
    """
    pipeline, notes = model_file.load(request.pipeline)
    table = table_file.read(request.data, encoders.string_columns(pipeline))
    if request.target is not None and request.target not in table.columns:
        raise BundleError(f"{request.data} has no column {request.target!r} to take as target.")
    columns = table.drop(columns=[request.target] if request.target else [])
    sample = table_file.inputs(columns, pipeline, request.data)
    with warnings.catch_warnings():
        # What a pipeline remarks on its sample (an unknown category, say) does not concern the bundle.
        warnings.simplefilter("ignore")
        raw = _predict(pipeline, sample)
        task, model, check, why = backend.choose(pipeline, sample, request)
        predicted = _coded(raw, task, "The pipeline's prediction")
        truth = (
            None if request.target is None else _coded(table[request.target], task, f"The target {request.target!r}")
        )
        metrics = {} if truth is None else {"rows_given": _figures(pipeline, task, sample, predicted, truth)}
    statistics = describe(
        sample, task.features, None if truth is None else _shown(truth, task), _shown(predicted, task)
    )
    card = _card(pipeline, task, metrics, check, [*notes, *why])
    return save(request.output, task, model_file.dump(pipeline), model, card, statistics)


def _predict(pipeline: Any, sample: pd.DataFrame) -> Array:
    try:
        predicted = np.asarray(pipeline.predict(table_file.as_fitted(pipeline, sample)))
    except Exception as error:  # estimators raise what they like on rows that they do not take
        raise BundleError(f"The pipeline fails on the rows given: {model_file.first_line(error)}.") from error
    if predicted.ndim > 1 and predicted.shape[1] > 1:
        raise BundleError(f"The pipeline predicts {predicted.shape[1]} numbers per row. Only one can be served.")
    return predicted.ravel()


def _coded(values: Any, task: Task, subject: str) -> Array:
    """Return the numbers of a regression, or the indices of classes in `task.classes`; the shape is [rows]."""
    if task.kind == "regression":
        numbers = pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(dtype=np.float64)
        if not np.isfinite(numbers).all():
            raise BundleError(f"{subject} is not a number in row {np.isfinite(numbers).argmin() + 1}.")
        return numbers
    indices = {value: index for index, value in enumerate(task.classes)}
    for row, value in enumerate(values):
        if value not in indices:
            raise BundleError(f"{subject} is {value!r} in row {row + 1}, which is not one of {list(indices)}.")
    return np.array([indices[value] for value in values])


def _shown(coded: Array, task: Task) -> pd.Series[Any]:
    return pd.Series(coded) if task.kind == "regression" else pd.Series(np.array(task.labels)[coded])


def _figures(pipeline: Any, task: Task, sample: pd.DataFrame, predicted: Array, truth: Array) -> Figures:
    if task.kind == "regression":
        return regression_figures(truth, predicted)
    probabilities = None
    if hasattr(pipeline, "predict_proba"):
        probabilities = pipeline.predict_proba(table_file.as_fitted(pipeline, sample))
    return classification_figures(truth, predicted, probabilities, np.arange(len(task.classes)))


def _card(
    pipeline: Any, task: Task, metrics: dict[str, Figures], check: ConversionCheck, notes: list[str]
) -> dict[str, Any]:
    caution = "The rows given may be rows that it was trained on; its figures for new rows are lower then."
    return {
        "title": task.title,
        "summary": f"A {task.kind} by a {' → '.join(_steps(pipeline))} of scikit-learn, from a joblib file.",
        "limits": [
            *([caution] if metrics else ["Nothing is known about how good its predictions are."]),
            *notes,
        ],
        "metrics": metrics,
        "verification": check.to_dict(),
        "versions": versions(),
    }


def _steps(pipeline: Any) -> list[str]:
    steps = [step for _, step in pipeline.steps] if isinstance(pipeline, Pipeline) else [pipeline]
    return [type(step).__name__ for step in steps if not isinstance(step, str)]
