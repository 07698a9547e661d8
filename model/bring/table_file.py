"""Reads sample rows from a CSV file and derives a model's features from them."""

from __future__ import annotations

import csv
from collections.abc import Collection
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from numpy.typing import NDArray

from model.bring.model_file import first_line
from model.bring.progress import step
from model.bundle import BundleError
from model.task import Feature

FEWEST = 10  # rows; with fewer, ranges and the check of the conversion mean little
MOST_CATEGORIES = 100  # a string column with more is free text


@step("Reading the sample")
def read(path: Path, strings: Collection[str]) -> pd.DataFrame:
    """Return the table in a CSV file with a header; the columns `strings` are read as strings. Raises BundleError."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            header = next(csv.reader(file), [])
        table = pd.read_csv(path, encoding="utf-8-sig", dtype=dict.fromkeys(strings, str))
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:  # pandas' parser errors are ValueErrors too
        raise BundleError(f"{path} is not a CSV table: {first_line(error)}.") from error
    if repeated := sorted({name for name in header if header.count(name) > 1}):
        raise BundleError(f"{path} has more than one column {repeated[0]!r}.")
    if len(table) < FEWEST:
        raise BundleError(f"{path} has {len(table)} rows. Give at least {FEWEST}: the conversion is checked on them.")
    return table


def inputs(table: pd.DataFrame, pipeline: Any, path: Path) -> pd.DataFrame:
    """Return the columns that the pipeline takes, in its order, of a table without the target. Raises BundleError."""
    if not hasattr(pipeline, "feature_names_in_"):
        if table.shape[1] != pipeline.n_features_in_:
            raise BundleError(
                f"The pipeline takes {pipeline.n_features_in_} columns without names, but {path} has {table.shape[1]} "
                "besides the target. Give exactly its columns in its order, and name the target with --target."
            )
        return table
    names = list(pipeline.feature_names_in_)
    if missing := [name for name in names if name not in table.columns]:
        raise BundleError(f"{path} lacks {_listed(missing)}, which the pipeline was fitted on.")
    return table[names]


def as_fitted(pipeline: Any, rows: pd.DataFrame) -> pd.DataFrame | NDArray[Any]:
    """Return the rows in the form that the pipeline was fitted on: a DataFrame or an array."""
    return rows if hasattr(pipeline, "feature_names_in_") else rows.to_numpy()


def features(rows: pd.DataFrame, number: Literal["FP32", "FP64"]) -> tuple[Feature, ...]:
    """Return a feature for each column; one with missing values is optional. Booleans count as numbers."""
    return tuple(_feature(str(name), rows[name], number) for name in rows.columns)


def example(rows: pd.DataFrame, described: tuple[Feature, ...]) -> dict[str, float | str]:
    """Return the row with the fewest missing values, in the form of a request."""
    row = rows.iloc[fullest(rows)]
    return {
        feature.name: float(row[feature.name]) if feature.is_number else str(row[feature.name])
        for feature in described
        if pd.notna(row[feature.name])
    }


def fullest(rows: pd.DataFrame) -> int:
    """Return the position of the first row with the fewest missing values."""
    return int(rows.isna().sum(axis="columns").argmin())


def _feature(name: str, column: pd.Series[Any], number: Literal["FP32", "FP64"]) -> Feature:
    seen = column.dropna()
    optional = len(seen) < len(column)
    if pd.api.types.is_numeric_dtype(column):  # booleans too
        extremes = (float(seen.min()), float(seen.max())) if len(seen) else (None, None)
        return Feature(name, number, minimum=extremes[0], maximum=extremes[1], optional=optional)
    categories = sorted({str(value) for value in seen})
    if len(categories) > MOST_CATEGORIES:
        categories = []
    return Feature(name, "BYTES", categories=tuple(categories), optional=optional)


def _listed(names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:5])
    return f"{shown} and {len(names) - 5} more columns" if len(names) > 5 else f"the columns {shown}"  # noqa: PLR2004
