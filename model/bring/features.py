"""Derives a model's features from sample rows."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pandas as pd

from model.bundle import BundleError
from model.task import Feature

MOST_CATEGORIES = 100  # a string column with more is free text


def features(rows: pd.DataFrame, texts: Collection[str] = ()) -> tuple[Feature, ...]:
    """Return a feature for each column, with numbers in double precision; one with missing values is optional.

    Args:
        rows: The sample.
        texts: The columns of free text, which have no categories.
    """
    return tuple(_feature(str(name), rows[name], free=name in texts) for name in rows.columns)


def example(rows: pd.DataFrame, described: tuple[Feature, ...]) -> dict[str, bool | float | str]:
    """Return the row with the fewest missing values, in the form of a request."""
    row = rows.iloc[fullest(rows)]
    return {feature.name: _kind(feature)(row[feature.name]) for feature in described if pd.notna(row[feature.name])}


def fullest(rows: pd.DataFrame) -> int:
    """Return the position of the first row with the fewest missing values."""
    return int(rows.isna().sum(axis="columns").argmin())


def dtype(column: pd.Series[Any]) -> str:
    """Return the dtype of a column in the words of `FittedPipeline`."""
    if _is_boolean(column):
        return "bool"
    if pd.api.types.is_integer_dtype(column):
        return "int64"
    return "float64" if pd.api.types.is_numeric_dtype(column) else "object"


def _feature(name: str, column: pd.Series[Any], *, free: bool) -> Feature:
    seen = column.dropna()
    optional = len(seen) < len(column)
    match dtype(column):
        case "bool":
            return Feature(name, "FP64", minimum=0.0, maximum=1.0, boolean=True, optional=optional)
        case "object":
            if pd.api.types.is_datetime64_any_dtype(column):
                raise BundleError(
                    f"The column {name!r} holds dates, which JSON has not. Fit the pipeline on numbers made of them, "
                    "such as year, month and day of the week."
                )
            categories = sorted({str(value) for value in seen})
            shown = [] if free or len(categories) > MOST_CATEGORIES else categories
            return Feature(name, "BYTES", categories=tuple(shown), optional=optional)
        case _:
            extremes = (float(seen.min()), float(seen.max())) if len(seen) else (None, None)
            return Feature(name, "FP64", minimum=extremes[0], maximum=extremes[1], optional=optional)


def _is_boolean(column: pd.Series[Any]) -> bool:
    if pd.api.types.is_bool_dtype(column):
        return True
    seen = column.dropna()
    return column.dtype == object and len(seen) > 0 and all(isinstance(value, bool) for value in seen)


def _kind(feature: Feature) -> type[bool | float | str]:
    return bool if feature.boolean else float if feature.is_number else str
