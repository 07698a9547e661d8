"""Chooses what runs a pipeline: ONNX in single precision, in double precision, or scikit-learn itself."""

from __future__ import annotations

import re
from functools import partial
from typing import Any, Literal, NamedTuple

import pandas as pd
from sklearn.base import is_classifier

from model import fitted_pipeline
from model.bring import encoders, model_file, table_file, trust
from model.bring.check import ConversionCheck, check_conversion, run_graph
from model.bring.onnx import convert
from model.bring.request import BundleRequest
from model.bundle import BundleError, SkopsFile
from model.fitted_pipeline import FittedPipeline
from model.task import Task


class Choice(NamedTuple):
    """How a pipeline is served.

    Attributes:
        task: What it takes and predicts.
        model: The ONNX graph, or the pipeline for scikit-learn.
        check: How its predictions compare with the pipeline's.
        why: Sentences for the card that say why it is not ONNX, if it is not.
    """

    task: Task
    model: bytes | SkopsFile
    check: ConversionCheck
    why: list[str]


def choose(pipeline: Any, sample: pd.DataFrame, request: BundleRequest) -> Choice:
    """Return the first form whose predictions are the pipeline's own. Raises BundleError if there is none."""
    reasons = []
    numbers: tuple[Literal["FP32", "FP64"], ...] = ("FP32", "FP64")
    for number in numbers:
        task = _task(pipeline, sample, request, number)
        try:
            graph = convert(pipeline, task)
            check = check_conversion(pipeline, partial(run_graph, graph), task, sample)
        except Exception as error:  # skl2onnx and onnxruntime raise errors of many kinds, even plain Exception
            reasons.append(f"ONNX cannot express it: {_reason(error)}.")
            continue
        if check.holds:
            return Choice(task, graph, check, [])
        reasons.append(f"The predictions of the ONNX graph in {number} differ: {check.summary()}.")
    choice = _by_sklearn(pipeline, _task(pipeline, sample, request, "FP64"), sample, list(dict.fromkeys(reasons)))
    if isinstance(choice.model, SkopsFile) and (names := trust.untrusted(choice.model.trusted, request.trust)):
        raise BundleError(
            f"ONNX cannot express the model, and for scikit-learn it needs {', '.join(names)} in the server. "
            f"If you trust that, add {' '.join(f'--trust {name}' for name in names)}."
        )
    return choice


def _by_sklearn(pipeline: Any, task: Task, sample: pd.DataFrame, reasons: list[str]) -> Choice:
    container: fitted_pipeline.Container = "frame" if hasattr(pipeline, "feature_names_in_") else "array"
    dtypes = {feature.name: "float64" if feature.is_number else "object" for feature in task.features}
    try:
        file = fitted_pipeline.dump(FittedPipeline(pipeline, container, dtypes))
        loaded = fitted_pipeline.load(file)
        check = check_conversion(pipeline, lambda rows: loaded.run(task, rows), task, sample)
    except Exception as error:  # skops and scikit-learn raise errors of many kinds
        raise BundleError(
            f"{' '.join(reasons)} scikit-learn cannot serve it either: {model_file.first_line(error)}."
        ) from error
    if not check.holds:
        raise BundleError(f"{' '.join(reasons)} Served by scikit-learn, {check.summary()}.")
    return Choice(task, file, check, [*reasons, "scikit-learn runs it, which is slower than ONNX."])


def _task(pipeline: Any, sample: pd.DataFrame, request: BundleRequest, number: Literal["FP32", "FP64"]) -> Task:
    classes = _classes(pipeline)
    features = encoders.closed(pipeline, sample, table_file.features(sample, number))
    try:
        return Task(
            name=request.name,
            title=request.title or request.name,
            version=request.version,
            kind="classification" if classes else "regression",
            features=features,
            example=table_file.example(sample, features),
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


def _reason(error: Exception) -> str:
    """Rephrase an error of skl2onnx or onnxruntime for a person who knows only scikit-learn."""
    if "[ONNXRuntimeError]" in str(error):
        if operator := re.search(r"(?:implementation for |(?:Optype|node|operator) \(|running )(\w+)", str(error)):
            return f"onnxruntime cannot run its operator {operator[1]}"
        return re.sub(r".*\[ONNXRuntimeError\] : \d+ : \w+ : ", "", model_file.first_line(error))
    if unknown := re.search(r"for (?:type|operator|alias)\s+['\"<]*(?:class\s+')?([\w.]+)", str(error)):
        return f"it has no operator for {unknown[1].rsplit('.', 1)[-1]}"
    return re.sub(r"\.? *You may raise an .*", "", model_file.first_line(error))
