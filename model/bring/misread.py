"""Explains why a pipeline fails on the sample: its columns hold text, dates or gaps that it was not fitted on."""

from __future__ import annotations

from typing import Any

import pandas as pd

from model.bring import fitted_on
from model.bring.features import dtype
from model.bring.model_file import first_line
from model.bundle import BundleError


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
        return BundleError(
            f"{_listed(texts)} text such as {shown!r}, but the pipeline was fitted on numbers there, encoded before. "
            "Put the encoder into the pipeline: make_pipeline(make_column_transformer((OrdinalEncoder(), "
            f"{texts[:2]}), remainder='passthrough'), model)."
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
