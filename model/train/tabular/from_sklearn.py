"""Makes a bundle from a fitted scikit-learn classifier or regressor."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import is_classifier
from sklearn.pipeline import Pipeline

from model.bundle import Bundle, BundleError
from model.bundle_write import save, versions
from model.task import Task
from model.train.data_statistics import describe
from model.train.metrics import Figures, classification_figures, regression_figures
from model.train.tabular import csv_rows, encoders, joblib_file
from model.train.tabular.check import ConversionCheck, check_conversion
from model.train.tabular.onnx import convert

Array = NDArray[Any]


@dataclass(frozen=True)
class BundleRequest:
    """What to bundle: a joblib file, a CSV sample of its training rows, and the model's names."""

    pipeline: Path
    data: Path
    name: str
    output: Path
    target: str | None = None  # the column of the sample with the true values
    title: str = ""
    version: str = "1.0.0"
    labels: Sequence[str] = ()  # how to show the classes, in the order of classes_


def bundle(request: BundleRequest) -> Bundle:
    """Write the bundle. This unpickles the pipeline, which runs code: bundle only files that you trust.

    Raises:
        BundleError: The pipeline cannot be served; the message says why.
    """
    pipeline, notes = joblib_file.load(request.pipeline)
    table = csv_rows.read(request.data, encoders.string_columns(pipeline))
    if request.target is not None and request.target not in table.columns:
        raise BundleError(f"{request.data} has no column {request.target!r} to take as target.")
    columns = table.drop(columns=[request.target] if request.target else [])
    sample = csv_rows.inputs(columns, pipeline, request.data)
    with warnings.catch_warnings():
        # What a pipeline remarks on its sample (an unknown category, say) does not concern the bundle.
        warnings.simplefilter("ignore")
        raw = _predict(pipeline, sample)
        task, graph, check = _converted(pipeline, sample, request)
        predicted = _coded(raw, task, "The pipeline's prediction")
        truth = (
            None if request.target is None else _coded(table[request.target], task, f"The target {request.target!r}")
        )
        metrics = {} if truth is None else {"rows_given": _figures(pipeline, task, sample, predicted, truth)}
    statistics = describe(
        sample, task.features, None if truth is None else _shown(truth, task), _shown(predicted, task)
    )
    card = _card(pipeline, task, metrics, check, notes)
    return save(request.output, task, joblib_file.dump(pipeline), graph, card, statistics)


def _predict(pipeline: Any, sample: pd.DataFrame) -> Array:
    try:
        predicted = np.asarray(pipeline.predict(csv_rows.as_fitted(pipeline, sample)))
    except Exception as error:  # estimators raise what they like on rows that they do not take
        raise BundleError(f"The pipeline fails on the rows given: {joblib_file.first_line(error)}.") from error
    if predicted.ndim > 1 and predicted.shape[1] > 1:
        raise BundleError(f"The pipeline predicts {predicted.shape[1]} numbers per row. Only one can be served.")
    return predicted.ravel()


def _converted(pipeline: Any, sample: pd.DataFrame, request: BundleRequest) -> tuple[Task, bytes, ConversionCheck]:
    """Convert in single precision or, if the predictions then differ, in double precision."""
    task, graph, check = _attempt(pipeline, sample, request, "FP32")
    if check.holds:
        return task, graph, check
    misfit = f"The predictions of the ONNX graph differ from the pipeline's: {check.summary()}"
    try:
        task, graph, check = _attempt(pipeline, sample, request, "FP64")
    except BundleError as error:
        raise BundleError(f"{misfit}. In double precision: {error}") from error
    if not check.holds:
        raise BundleError(f"{misfit}; in double precision {check.summary()}.")
    return task, graph, check


def _attempt(
    pipeline: Any, sample: pd.DataFrame, request: BundleRequest, number: Literal["FP32", "FP64"]
) -> tuple[Task, bytes, ConversionCheck]:
    task = _task(pipeline, sample, request, number)
    try:
        graph = convert(pipeline, task)
        return task, graph, check_conversion(pipeline, graph, task, sample)
    except Exception as error:  # skl2onnx and onnxruntime raise errors of many kinds, even plain Exception
        raise BundleError(f"ONNX cannot express this pipeline: {_reason(error)}.") from error


def _task(pipeline: Any, sample: pd.DataFrame, request: BundleRequest, number: Literal["FP32", "FP64"]) -> Task:
    classes = _classes(pipeline)
    features = encoders.closed(pipeline, sample, csv_rows.features(sample, number))
    try:
        return Task(
            name=request.name,
            title=request.title or request.name,
            version=request.version,
            kind="classification" if classes else "regression",
            features=features,
            example=csv_rows.example(sample, features),
            classes=classes,
            labels=tuple(request.labels) or tuple(str(shown) for shown in getattr(pipeline, "classes_", ())),
        )
    except ValueError as error:
        raise BundleError(str(error)) from error


def _classes(pipeline: Any) -> tuple[int | str, ...]:
    """Return the classes as the graph outputs them: strings, or integers for booleans and whole floats."""
    if not is_classifier(pipeline):
        return ()
    values = pipeline.classes_.tolist()
    if all(isinstance(value, str) for value in values):
        return tuple(values)
    if all(isinstance(value, int | float) and value == int(value) for value in values):
        return tuple(int(value) for value in values)
    raise BundleError(f"The classes of the pipeline are neither strings nor whole numbers: {values}.")


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
        probabilities = pipeline.predict_proba(csv_rows.as_fitted(pipeline, sample))
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


def _reason(error: Exception) -> str:
    """Rephrase an error of skl2onnx or onnxruntime for a person who knows only scikit-learn."""
    if "[ONNXRuntimeError]" in str(error):
        if operator := re.search(r"(?:implementation for |(?:Optype|node|operator) \(|running )(\w+)", str(error)):
            return f"onnxruntime cannot run its operator {operator[1]}"
        return re.sub(r".*\[ONNXRuntimeError\] : \d+ : \w+ : ", "", joblib_file.first_line(error))
    if unknown := re.search(r"for (?:type|operator|alias)\s+['\"<]*(?:class\s+')?([\w.]+)", str(error)):
        return f"it has no operator for {unknown[1].rsplit('.', 1)[-1]}"
    return re.sub(r"\.? *You may raise an .*", "", joblib_file.first_line(error))
