"""Finds out what a pipeline was fitted on: a DataFrame, an array, dictionaries or text, and which strings it knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.feature_extraction import DictVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline

from model.bring.convertible import parts
from model.bring.dict_columns import pairs
from model.bring.first_step import takes_records
from model.bring.kinds import VECTORIZERS, takes_series
from model.bundle import BundleError
from model.fitted_pipeline import Container, contained
from model.task import MISSING_TEXT

_NOTHING = np.empty(0)


def container(pipeline: Any) -> Container:
    if takes_records(pipeline):
        return "records"
    if hasattr(pipeline, "feature_names_in_"):
        return "frame"
    return "series" if takes_series(pipeline) else "array"


def as_fitted(pipeline: Any, rows: pd.DataFrame) -> Any:
    """Return rows in the form that the pipeline was fitted on: a DataFrame, an array, dictionaries or a Series."""
    return converter(pipeline)(rows)


def converter(pipeline: Any) -> Callable[[pd.DataFrame], Any]:
    """Return `as_fitted` for one pipeline: to look at its parts takes milliseconds if they are many, as in a forest."""
    kind, none_is_missing = container(pipeline), missing_text(pipeline) is None

    def convert(rows: pd.DataFrame) -> Any:
        if none_is_missing:
            rows = rows.apply(lambda column: column.where(column.notna(), None) if column.dtype == object else column)
        return contained(rows, kind)

    return convert


def missing_text(pipeline: Any) -> float | None:
    """Return what stands for a missing string: None if an encoder or imputer knows it and none knows NaN."""
    missing = [value for known in _known(pipeline) for value in known.tolist() if pd.isna(value)]
    missing += [
        part.missing_values
        for part in parts(pipeline)
        if isinstance(part, SimpleImputer) and getattr(part, "statistics_", _NOTHING).dtype == object
    ]
    knows_none = any(value is None for value in missing)
    return None if knows_none and not any(value is not None and pd.isna(value) for value in missing) else float("nan")


def text_columns(pipeline: Any) -> set[str]:
    """Return the columns of free text: those that a ColumnTransformer gives to a vectorizer."""
    found: set[str] = set()
    for part in parts(pipeline):
        for _, transformer, columns in getattr(part, "transformers_", ()):
            if any(isinstance(inner, VECTORIZERS) for inner in parts(transformer)):
                found.update(_named(getattr(part, "feature_names_in_", ()), columns))
    return found


def _named(names: Sequence[str], columns: Any) -> list[str]:
    """Return the names of columns that a ColumnTransformer was given by name, place, mask or slice."""
    if not len(names):
        return []
    frame = pd.DataFrame(columns=list(names))
    ends = (columns.start, columns.stop) if isinstance(columns, slice) else np.atleast_1d(columns)
    by_name = any(isinstance(end, str) for end in ends)
    chosen = frame.loc[:, columns] if by_name else frame.iloc[:, columns]
    return [str(chosen.name)] if isinstance(chosen, pd.Series) else list(chosen.columns)


def known_strings(pipeline: Any) -> dict[str, set[str]]:
    """Return the strings that the pipeline's encoders know, by column: digits among them are not numbers.

    Raises:
        BundleError: An encoder knows strings of digits or an empty one, but not which column they belong to.
    """
    columns: dict[str, set[str]] = {}
    named = []
    for encoder, name, values in named_categories(pipeline):
        named.append(id(encoder))
        if present := strings(values):
            columns.setdefault(name, set()).update(present)
    apart = "Fit it on a DataFrame, with the encoder first for its columns."
    for encoder in encoders(pipeline):
        for known in map(strings, encoder.categories_):
            if not known or id(encoder) in named:
                continue
            if pd.to_numeric(pd.Series(known), errors="coerce").notna().all():
                raise BundleError(
                    f"The pipeline knows strings such as {known[0]!r}, but not the name of their column, so they "
                    f"cannot be distinguished from numbers. {apart}"
                )
            if MISSING_TEXT in known:
                raise BundleError(
                    "The pipeline knows the empty string, but not the name of its column, so it cannot be "
                    f"distinguished from a missing value. {apart}"
                )
    return columns


def named_categories(pipeline: Any) -> Iterator[tuple[Any, str, NDArray[Any]]]:
    """Yield each encoder whose columns have names, with the name and the categories of each of its columns."""
    for part in parts(pipeline):
        names = getattr(part, "feature_names_in_", ())
        encoder = first_transformer(part)
        if isinstance(part, DictVectorizer) and hasattr(part, "feature_names_"):
            yield from (
                (part, name, np.array([value], dtype=object)) for name, value in pairs(part) if value is not None
            )
        if len(known := getattr(encoder, "categories_", ())) == len(names):
            yield from ((encoder, name, values) for name, values in zip(names, known, strict=True))


def encoders(pipeline: Any) -> list[Any]:
    return [part for part in parts(pipeline) if hasattr(part, "categories_")]


def first_transformer(part: Any) -> Any:
    """Return the part itself or, if it is a pipeline, its first step that is not a SimpleImputer."""
    steps = [step for _, step in part.steps] if isinstance(part, Pipeline) else [part]
    return next((step for step in steps if not isinstance(step, SimpleImputer)), None)


def strings(known: NDArray[Any]) -> list[str]:
    """Return the categories of one column without the missing one, or none if they are not strings."""
    present = [value for value in known.tolist() if not pd.isna(value)]
    return present if all(isinstance(value, str) for value in present) else []


def numbers(known: NDArray[Any]) -> list[float]:
    """Return the codes of one column without the missing one, or none if they are not numbers."""
    present = [value for value in known.tolist() if not pd.isna(value)]
    codes = [float(value) for value in present if isinstance(value, int | float) and not isinstance(value, bool)]
    return codes if len(codes) == len(present) else []


def _known(pipeline: Any) -> Iterator[NDArray[Any]]:
    for encoder in encoders(pipeline):
        yield from encoder.categories_
