"""Makes a bundle from a fitted scikit-learn estimator: a classifier, regressor, clusterer or detector of outliers."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import is_classifier, is_regressor

from model.bring import (
    advice,
    backend,
    card,
    description,
    fitted_on,
    join,
    kinds,
    label_encoder,
    misfit,
    misread,
    model_file,
    speed,
    table_file,
    target,
)
from model.bring.request import BundleRequest
from model.bundle import Bundle, BundleError
from model.bundle_write import save
from model.task import Task
from model.train.data_statistics import describe

Array = NDArray[Any]


class Given(NamedTuple):
    """What a request names.

    Attributes:
        pipeline: The fitted estimator.
        notes: Sentences about its version for the card.
        table: The rows of the sample with all of their columns.
        targets: The columns that hold the true values.
        sample: The columns that the pipeline takes, in its order.
    """

    pipeline: Any
    notes: list[str]
    table: table_file.Table
    targets: list[str]
    sample: pd.DataFrame


def bundle(request: BundleRequest) -> Bundle:
    """Write the bundle.

    Raises:
        BundleError: The pipeline cannot be served; the message says why.
    """
    given = read(request)
    pipeline, sample = given.pipeline, given.sample
    labels = label_encoder.labels(request, pipeline)
    with warnings.catch_warnings():
        # What a pipeline remarks on its sample (an unknown category, say) does not concern the bundle.
        warnings.simplefilter("ignore")
        warned = misread.compare(pipeline, sample) + misfit.compare(pipeline, sample)
        warned += join.compare(pipeline, sample) if request.before else []
        predicted = _predict(pipeline, sample)
        if predicted.ndim > 1 and is_classifier(pipeline):  # of labels that are each there or not
            raise BundleError(advice.several_classes(pipeline, request.pipeline))
        classes = kinds.classes(pipeline, predicted)
        described = description.describe(pipeline, sample, request, classes, labels, _names(predicted, given.targets))
        task, model, check, why = backend.choose(pipeline, sample, described, request.trust)
        coded = target.indices(pd.Series(predicted), task, classes) if classes else predicted
        truth = true_values(given, task, classes)
        warned += misfit.judge(pipeline, coded, truth) or misfit.doubt(pipeline, sample)
        metrics = {} if truth is None else card.figures(pipeline, task, sample, coded, truth)
        speeds = speed.measure(pipeline, sample, task, model)
    statistics = describe(sample, task.features, None if truth is None else _shown(truth, task), _shown(coded, task))
    notes = [*warned, *given.notes, *why]
    written = card.card(pipeline, task, metrics, check, given.table.understood, notes)
    return save(request.output, task, model_file.dump(pipeline), model, written, statistics, speed=speeds)


def read(request: BundleRequest) -> Given:
    """Read the files of a request. Raises BundleError."""
    pipeline, notes = join.load(request)
    table = table_file.read(request.data, _expected(pipeline, request.target))
    targets = _targets(table.rows, pipeline, request)
    sample = table_file.inputs(table.rows.drop(columns=targets), pipeline, request.data)
    return Given(pipeline, notes, table, targets, sample)


def _expected(pipeline: Any, wanted: str | None) -> table_file.Expected:
    """Return what is known of the columns before the sample is read."""
    targets = [] if wanted is None else wanted.split(",")
    # Classes are compared as they are written: "None" may be one.
    classes = [] if wanted is None or is_regressor(pipeline) else [wanted, *targets]
    return table_file.Expected(
        names=list(getattr(pipeline, "feature_names_in_", ())),
        width=getattr(pipeline, "n_features_in_", 1) + len(targets),
        strings=fitted_on.known_strings(pipeline),
        verbatim={*fitted_on.text_columns(pipeline), *classes},
    )


def _targets(rows: pd.DataFrame, pipeline: Any, request: BundleRequest) -> list[str]:
    """Return the columns of the true values: one, or several that were given with commas between them."""
    if request.target is None:
        return []
    names = [request.target] if request.target in rows.columns else request.target.split(",")
    if missing := [name for name in names if name not in rows.columns]:
        raise BundleError(f"{request.data} has no column {missing[0]!r} to take as target.")
    if taken := [name for name in names if name in getattr(pipeline, "feature_names_in_", ())]:
        raise BundleError(f"The pipeline takes the column {taken[0]!r} as input, so it cannot be the target.")
    return names


def _predict(pipeline: Any, sample: pd.DataFrame) -> Array:
    """Return what the pipeline predicts, of shape [rows] or [rows, targets]."""
    try:
        predicted = np.asarray(pipeline.predict(fitted_on.as_fitted(pipeline, sample)))
    except Exception as error:  # estimators raise what they like on rows that they do not take
        raise misread.explained(pipeline, sample, error) from error
    return predicted.ravel() if predicted.ndim == 1 or predicted.shape[1] == 1 else predicted


def _names(predicted: Array, targets: list[str]) -> tuple[str, ...]:
    """Return the names of several predicted numbers, or none if there is one."""
    count = 1 if predicted.ndim == 1 else predicted.shape[1]
    if targets and len(targets) != count:
        several = f"{count} numbers" if count > 1 else "one value"
        wanted = "as many columns, with commas between them" if count > 1 else "one column"
        raise BundleError(f"The pipeline predicts {several} per row. Name {wanted}, or none with --target.")
    if count == 1:
        return ()
    return tuple(targets) or tuple(f"target_{place + 1}" for place in range(count))


def true_values(given: Given, task: Task, classes: list[Any]) -> Array | None:
    """Return the true values in the form of the predicted ones; None if there are none, as of clusters."""
    pipeline, columns = given.pipeline, given.table.rows[given.targets]
    if columns.empty:
        return None
    if is_regressor(pipeline):
        return np.column_stack([target.numbers(columns[name]) for name in columns]).reshape(
            (len(columns), -1) if task.targets else -1
        )
    return target.indices(columns.iloc[:, 0], task, classes) if is_classifier(pipeline) else None


def _shown(coded: Array, task: Task) -> pd.DataFrame | pd.Series[Any]:
    """Return values as people see them: numbers, in a column for each target, or labels."""
    if task.targets:
        return pd.DataFrame(coded, columns=list(task.targets))
    return pd.Series(coded) if task.kind == "regression" else pd.Series(np.array(task.labels)[coded])
