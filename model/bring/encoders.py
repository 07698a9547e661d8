"""Finds out which strings the encoders of a pipeline know, and whether it refuses unknown values."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline

from model.bring.convertible import parts
from model.bring.model_file import first_line
from model.bring.progress import step
from model.bring.table_file import as_fitted, fullest
from model.bundle import BundleError
from model.task import MISSING_TEXT, Feature

FAR = 10  # spans above the largest number of the sample


def string_columns(pipeline: Any) -> set[str]:
    """Return the columns that an encoder knows as strings, so that digits in them are not read as numbers.

    Raises:
        BundleError: An encoder knows strings of digits, but not which column they belong to.
    """
    columns: set[str] = set()
    named = []
    for part in parts(pipeline):
        names = getattr(part, "feature_names_in_", ())
        encoder = first_transformer(part)
        if len(known := getattr(encoder, "categories_", ())) == len(names):
            named.append(id(encoder))
            columns |= {name for name, values in zip(names, known, strict=True) if _strings(values)}
    for encoder in _encoders(pipeline):
        for known in map(_strings, encoder.categories_):
            if known and id(encoder) not in named and pd.to_numeric(pd.Series(known), errors="coerce").notna().all():
                raise BundleError(
                    f"The pipeline knows strings such as {known[0]!r}, but not the name of their column, so they "
                    "cannot be distinguished from numbers. Fit it on a DataFrame, with the encoder first for its "
                    "columns."
                )
    return columns


@step("Trying values that the encoders do not know")
def closed(pipeline: Any, sample: pd.DataFrame, features: tuple[Feature, ...]) -> tuple[Feature, ...]:
    """Return the features; one whose unknown strings the pipeline refuses is closed.

    Raises:
        BundleError: The pipeline refuses unknown numbers.
    """
    for feature in features:
        if feature.maximum is not None and feature.minimum is not None:
            unseen = feature.maximum + FAR * (feature.maximum - feature.minimum) + 1
            if reason := _refusal(pipeline, sample, feature.name, np.array([unseen])):
                raise BundleError(
                    f"The column {feature.name!r} holds codes, and the pipeline refuses unknown ones ({reason}). "
                    'Give its encoder handle_unknown="ignore", or pass the codes as strings.'
                )
    return tuple(feature if feature.is_number else _closed(pipeline, sample, feature) for feature in features)


def _closed(pipeline: Any, sample: pd.DataFrame, feature: Feature) -> Feature:
    seen = {str(value) for value in sample[feature.name].dropna()}
    known = [set(_strings(part)) for encoder in _encoders(pipeline) for part in encoder.categories_]
    unseen = max(seen.union(*known), key=len, default="") + "?"
    if not (reason := _refusal(pipeline, sample, feature.name, _column([unseen]))):
        return feature
    fitting = [
        strings - {MISSING_TEXT}
        for strings in known
        if strings >= seen and not _refusal(pipeline, sample, feature.name, _column(sorted(strings)))
    ]
    # The pipeline takes at most what the encoder of the column knows.
    categories = max(fitting, key=len, default=seen)
    if not categories:
        raise BundleError(
            f"No row has a string in the column {feature.name!r}, and the pipeline refuses unknown ones: {reason}."
        )
    return dataclasses.replace(feature, closed=True, categories=tuple(sorted(categories)))


def _refusal(pipeline: Any, sample: pd.DataFrame, column: str, values: NDArray[Any]) -> str:
    """Return why the pipeline refuses these values in a column of an otherwise good row; empty if it does not."""
    if not len(values):
        return ""
    rows = sample.iloc[[fullest(sample)] * len(values)].reset_index(drop=True)
    rows[column] = values
    try:
        pipeline.predict(as_fitted(pipeline, rows))
    except Exception as error:  # estimators raise what they like on rows that they do not take
        return first_line(error)
    return ""


def _encoders(pipeline: Any) -> list[Any]:
    return [part for part in parts(pipeline) if hasattr(part, "categories_")]


def first_transformer(part: Any) -> Any:
    """Return the part itself or, if it is a pipeline, its first step that is not a SimpleImputer."""
    steps = [step for _, step in part.steps] if isinstance(part, Pipeline) else [part]
    return next((step for step in steps if not isinstance(step, SimpleImputer)), None)


def _strings(known: NDArray[Any]) -> list[str]:
    """Return the categories of one column without the missing one, or none if they are not strings."""
    present = [value for value in known.tolist() if not pd.isna(value)]
    return present if all(isinstance(value, str) for value in present) else []


def _column(strings: list[str]) -> NDArray[Any]:
    return np.array(strings, dtype=object)
