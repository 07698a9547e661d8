"""Says in which columns the sample has text, dates or gaps where the pipeline was fitted on something else."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from model.bring import fitted_on
from model.bring.features import dtype
from model.bring.model_file import first_line
from model.bring.request import WARNING
from model.bundle import BundleError


def compare(pipeline: Any, sample: pd.DataFrame) -> list[str]:
    """Return a warning about each column of text that has none of the words that its encoder knows.

    If the encoder takes unknown words, nothing fails, and each row is answered as if its word meant nothing.

    Raises:
        BundleError: An encoder knows dates. A row in JSON has text there, of which it knows nothing.
    """
    for value in chain.from_iterable(chain.from_iterable(part.categories_ for part in fitted_on.encoders(pipeline))):
        if isinstance(value, date | timedelta | np.datetime64 | np.timedelta64):
            raise BundleError(
                f"The pipeline knows dates such as {str(value)[:10]}, which JSON has not. Fit it on numbers made of "
                "them, such as year and month, or on text: rows[column].astype(str)."
            )
    known: dict[str, set[Any]] = {}
    for _, name, values in fitted_on.named_categories(pipeline):
        known.setdefault(name, set()).update(values.tolist())
    warnings = []
    for name in sample.columns.intersection(list(known)):
        seen = sample[name].dropna().tolist()
        if seen and isinstance(seen[0], str) and known[name].isdisjoint(seen):
            warnings.append(
                f"{WARNING}the encoder of the column {name!r} knows none of the sample's values. It knows "
                f"{min(map(str, known[name]))!r}, and the sample has {seen[0]!r}. Give rows with the values that it "
                "was fitted on."
            )
    return warnings


def explained(pipeline: Any, sample: pd.DataFrame, error: Exception) -> BundleError:
    """Return what to do about an error that the pipeline raised for the sample."""
    known = fitted_on.known_strings(pipeline)
    texts = [str(name) for name in sample if name not in known and dtype(sample[name]) == "object"]
    if texts and _takes(pipeline, sample.assign(**dict.fromkeys(texts, 0.0))):
        shown = sample[texts[0]].dropna().iloc[0]
        if pd.to_datetime(pd.Series([shown]), errors="coerce", format="ISO8601").notna().all():
            return BundleError(
                f"The column {texts[0]!r} holds dates such as {shown!r}, but the pipeline takes numbers there. Give "
                "the numbers that it was fitted on, such as year, month and day."
            )
        if any(map(str.isdecimal, shown)) and not any(map(str.isalpha, shown)):
            return BundleError(
                f"{_listed(texts)} text such as {shown!r}, which is not a plain number. Give the numbers that the "
                "pipeline was fitted on, without separators, units and signs of a currency."
            )
        return BundleError(
            f"{_listed(texts)} text such as {shown!r}, but the pipeline was fitted on numbers there, encoded before. "
            "Put the encoder into the pipeline: make_pipeline(make_column_transformer((OrdinalEncoder(), "
            f"{texts[:2]}), remainder='passthrough'), model)."
        )
    if _takes(pipeline, sample.astype(object)):
        return BundleError(
            "The pipeline was fitted on Python objects, and does not take plain numbers. Fit it on a DataFrame whose "
            "columns are numbers: rows.infer_objects()."
        )
    gaps = [str(name) for name in sample.columns[sample.isna().any()]]
    if gaps and _takes(pipeline, sample.dropna()):
        return BundleError(
            f"The pipeline fails on the rows given: {first_line(error)}. {_listed(gaps)} missing values. Leave out "
            "those rows, or put a SimpleImputer into the pipeline."
        )
    return BundleError(f"The pipeline fails on the rows given: {first_line(error)}.")


def _takes(pipeline: Any, rows: pd.DataFrame) -> bool:
    try:
        pipeline.predict(fitted_on.as_fitted(pipeline, rows))
    except Exception:  # estimators raise what they like on rows that they do not take
        return False
    return True


def _listed(names: list[str]) -> str:
    if len(names) == 1:
        return f"The column {names[0]!r} has"
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""  # noqa: PLR2004 (named)
    return f"The columns {names[0]!r}, {names[1]!r}{more} have"
