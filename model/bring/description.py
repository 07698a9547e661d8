"""Describes a pipeline as a task: its kind, what it takes and what it predicts."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Literal

import pandas as pd

from model.bring import encoders, fitted_on, kinds
from model.bring import features as columns
from model.bring.request import BundleRequest
from model.bundle import BundleError
from model.fitted_pipeline import FittedPipeline
from model.task import Task


def describe(
    pipeline: Any,
    sample: pd.DataFrame,
    request: BundleRequest,
    classes: Sequence[Any],
    labels: Sequence[str],
    targets: tuple[str, ...],
) -> Task:
    """Return the task, with numbers in double precision.

    Args:
        pipeline: The fitted pipeline.
        sample: The rows that it takes.
        request: The names of the model.
        classes: What it predicts, in its own values; empty for a regression.
        labels: How to show the classes; empty for as they are.
        targets: The names of the numbers that it predicts, if there are several.

    Raises:
        BundleError: It cannot be served, or the request contradicts it.
    """
    if len(classes) == 1:
        raise BundleError(
            f"The model knows one class only, {classes[0]!r}, so each answer would be the same. Fit it on rows of at "
            "least two classes."
        )
    texts = set(sample.columns) if kinds.takes_series(pipeline) else fitted_on.text_columns(pipeline)
    features = encoders.closed(pipeline, sample, columns.features(sample, texts))
    try:
        return Task(
            name=request.name,
            title=request.title or request.name,
            version=request.version,
            kind="classification" if classes else "regression",
            features=features,
            example=columns.example(sample, features),
            classes=_plain(classes),
            labels=tuple(labels) or tuple(map(str, classes)),
            targets=targets,
        )
    except ValueError as error:
        raise BundleError(str(error)) from error


def in_precision(task: Task, number: Literal["FP32", "FP64"]) -> Task:
    """Return the task with its numbers in single or double precision."""
    features = (
        dataclasses.replace(feature, datatype=number) if feature.is_number else feature for feature in task.features
    )
    return dataclasses.replace(task, features=tuple(features))


def for_sklearn(pipeline: Any, sample: pd.DataFrame) -> FittedPipeline:
    """Return the pipeline together with the form of the rows that it was fitted on."""
    dtypes = {str(name): columns.dtype(sample[name]) for name in sample.columns}
    return FittedPipeline(pipeline, fitted_on.container(pipeline), dtypes, fitted_on.missing_text(pipeline))


def _plain(own: Sequence[Any]) -> tuple[int | str, ...]:
    """Return the classes as they are served: strings, or integers for booleans and whole floats."""
    if all(isinstance(value, str) for value in own):
        return tuple(own)
    if all(isinstance(value, int | float) and value == int(value) for value in own):
        return tuple(int(value) for value in own)
    raise BundleError(f"The classes of the pipeline are neither strings nor whole numbers: {own}.")
