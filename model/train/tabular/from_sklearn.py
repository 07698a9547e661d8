"""Bring your own: any fitted scikit-learn classifier or regressor → a bundle that the server serves."""

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
from model.bundle_write import save
from model.task import Task
from model.train.data_statistics import describe
from model.train.metrics import Figures, judge_classes, judge_numbers
from model.train.tabular import csv_rows, encoders, joblib_file
from model.train.tabular.check import Proof, prove
from model.train.tabular.onnx import convert
from model.train.versions import versions

Array = NDArray[Any]


@dataclass(frozen=True)
class Wish:
    """What to bundle: a joblib file, a CSV sample of its training rows, and how to call the model."""

    pipeline: Path
    data: Path
    name: str
    output: Path
    target: str | None = None  # the column of the sample that holds the truth
    title: str = ""
    version: str = "1.0.0"
    labels: Sequence[str] = ()  # how the classes are shown, in the order of the pipeline's classes_


def bundle(wish: Wish) -> Bundle:
    """Write the bundle of `wish`; BundleError with one sentence where it cannot be.

    It unpickles the pipeline, which runs whatever code the file holds: only bundle files you trust.
    """
    pipeline, notes = joblib_file.load(wish.pipeline)
    table = csv_rows.read(wish.data, encoders.string_columns(pipeline))
    if wish.target is not None and wish.target not in table.columns:
        raise BundleError(f"{wish.data} has no column {wish.target!r} to take as target.")
    beside_target = table.drop(columns=[wish.target] if wish.target else [])
    sample = csv_rows.inputs(beside_target, pipeline, wish.data)
    with warnings.catch_warnings():
        # A pipeline's own remarks on its sample (an unknown category, say) are not about the bundle.
        warnings.simplefilter("ignore")
        raw_answers = _answers(pipeline, sample)
        task, graph, proof = _converted(pipeline, sample, wish)
        answers = _coded(raw_answers, task, "The pipeline's answers")
        truth = None if wish.target is None else _coded(table[wish.target], task, f"The target {wish.target!r}")
        metrics = {} if truth is None else {"rows_given": _judged(pipeline, task, sample, answers, truth)}
    statistics = describe(sample, task.features, None if truth is None else _shown(truth, task), _shown(answers, task))
    card = _card(pipeline, task, metrics, proof, notes)
    return save(wish.output, task, joblib_file.dump(pipeline), graph, card, statistics)


def _answers(pipeline: Any, sample: pd.DataFrame) -> Array:
    try:
        answers = np.asarray(pipeline.predict(csv_rows.as_fitted(pipeline, sample)))
    except Exception as error:  # estimators raise what they like on rows that they do not take
        raise BundleError(f"The pipeline fails on the rows given: {joblib_file.first_line(error)}.") from error
    if answers.ndim > 1 and answers.shape[1] > 1:
        raise BundleError(f"The pipeline answers {answers.shape[1]} numbers a row; only one answer can be served.")
    return answers.ravel()


def _converted(pipeline: Any, sample: pd.DataFrame, wish: Wish) -> tuple[Task, bytes, Proof]:
    """Single precision where its answers are the pipeline's, else double precision."""
    task, graph, proof = _attempt(pipeline, sample, wish, "FP32")
    if proof.holds:
        return task, graph, proof
    misfit = f"The ONNX graph does not answer as the pipeline does: {proof.in_words()}"
    try:
        task, graph, proof = _attempt(pipeline, sample, wish, "FP64")
    except BundleError as error:
        raise BundleError(f"{misfit}. In double precision: {error}") from error
    if not proof.holds:
        raise BundleError(f"{misfit}; in double precision {proof.in_words()}.")
    return task, graph, proof


def _attempt(
    pipeline: Any, sample: pd.DataFrame, wish: Wish, number: Literal["FP32", "FP64"]
) -> tuple[Task, bytes, Proof]:
    task = _task(pipeline, sample, wish, number)
    try:
        graph = convert(pipeline, task)
        return task, graph, prove(pipeline, graph, task, sample)
    except Exception as error:  # skl2onnx and onnxruntime raise kinds of their own, and plain Exception
        raise BundleError(f"ONNX cannot express this pipeline: {_reason(error)}.") from error


def _task(pipeline: Any, sample: pd.DataFrame, wish: Wish, number: Literal["FP32", "FP64"]) -> Task:
    classes = _classes(pipeline)
    features = encoders.closed(pipeline, sample, csv_rows.features(sample, number))
    try:
        return Task(
            name=wish.name,
            title=wish.title or wish.name,
            version=wish.version,
            kind="classification" if classes else "regression",
            features=features,
            example=csv_rows.example(sample, features),
            classes=classes,
            labels=tuple(wish.labels) or tuple(str(shown) for shown in getattr(pipeline, "classes_", ())),
        )
    except ValueError as error:
        raise BundleError(str(error)) from error


def _classes(pipeline: Any) -> tuple[int | str, ...]:
    """What the graph answers: strings as they are; booleans and whole floats as integers, as skl2onnx has them."""
    if not is_classifier(pipeline):
        return ()
    values = pipeline.classes_.tolist()
    if all(isinstance(value, str) for value in values):
        return tuple(values)
    if all(isinstance(value, int | float) and value == int(value) for value in values):
        return tuple(int(value) for value in values)
    raise BundleError(f"The classes of the pipeline are neither strings nor whole numbers: {values}.")


def _coded(values: Any, task: Task, subject: str) -> Array:
    """Numbers of a regression as floats, classes as their places in `task.classes`; shape [rows]."""
    if task.kind == "regression":
        numbers = pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(dtype=np.float64)
        if not np.isfinite(numbers).all():
            raise BundleError(f"{subject} should be numbers, but row {np.isfinite(numbers).argmin() + 1} has none.")
        return numbers
    places = {value: place for place, value in enumerate(task.classes)}
    for row, value in enumerate(values):
        if value not in places:
            raise BundleError(f"{subject} should be one of {list(places)}, but row {row + 1} has {value!r}.")
    return np.array([places[value] for value in values])


def _shown(coded: Array, task: Task) -> pd.Series[Any]:
    return pd.Series(coded) if task.kind == "regression" else pd.Series(np.array(task.labels)[coded])


def _judged(pipeline: Any, task: Task, sample: pd.DataFrame, answers: Array, truth: Array) -> Figures:
    if task.kind == "regression":
        return judge_numbers(truth, answers)
    probabilities = None
    if hasattr(pipeline, "predict_proba"):
        probabilities = pipeline.predict_proba(csv_rows.as_fitted(pipeline, sample))
    return judge_classes(truth, answers, probabilities, np.arange(len(task.classes)))


def _card(pipeline: Any, task: Task, metrics: dict[str, Figures], proof: Proof, notes: list[str]) -> dict[str, Any]:
    judged = "The rows given may be rows it was trained on: the figures then are brighter than on new ones."
    return {
        "title": task.title,
        "summary": f"A {task.kind} by a {' → '.join(_steps(pipeline))} of scikit-learn, brought as a joblib file.",
        "limits": [
            *([judged] if metrics else ["Nothing is known here of how good its answers are."]),
            *notes,
        ],
        "metrics": metrics,
        "verification": proof.to_dict(),
        "versions": versions(),
    }


def _steps(pipeline: Any) -> list[str]:
    steps = [step for _, step in pipeline.steps] if isinstance(pipeline, Pipeline) else [pipeline]
    return [type(step).__name__ for step in steps if not isinstance(step, str)]


def _reason(error: Exception) -> str:
    """What skl2onnx or onnxruntime says, in the terms of a person who knows only scikit-learn."""
    if "[ONNXRuntimeError]" in str(error):
        if operator := re.search(r"(?:implementation for |(?:Optype|node|operator) \(|running )(\w+)", str(error)):
            return f"onnxruntime cannot run its operator {operator[1]}"
        return re.sub(r".*\[ONNXRuntimeError\] : \d+ : \w+ : ", "", joblib_file.first_line(error))
    if unknown := re.search(r"for (?:type|operator|alias)\s+['\"<]*(?:class\s+')?([\w.]+)", str(error)):
        return f"it has no form for {unknown[1].rsplit('.', 1)[-1]}"
    return re.sub(r"\.? *You may raise an .*", "", joblib_file.first_line(error))
