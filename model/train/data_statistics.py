"""Statistics of the training rows, feature by feature, as a baseline for drift."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from model.task import Feature

MOST_BINS = 12  # of a column of numbers


def describe(
    rows: pd.DataFrame,
    features: Sequence[Feature],
    target: pd.DataFrame | pd.Series[Any] | None,
    answers: pd.DataFrame | pd.Series[Any],
) -> dict[str, Any]:
    """Return statistics of each feature, of the target (None if it is unknown) and of the model's predictions.

    Where the model predicts several numbers, the target and the predictions have a column for each.
    """
    return {
        "rows": len(rows),
        "features": {feature.name: _feature(feature, rows[feature.name]) for feature in features},
        "target": None if target is None else _describe(target),
        "answers": _describe(answers),
    }


def _feature(feature: Feature, column: pd.Series[Any]) -> dict[str, Any]:
    if feature.codes:
        counts = _counts(column.map("{:.15g}".format, na_action="ignore"))
        return counts | histogram(column.dropna().to_numpy(dtype=np.float64))
    if feature.is_number:
        return numbers(column)
    return _counts(column) if feature.categories else _texts(column)


def _describe(values: pd.DataFrame | pd.Series[Any]) -> dict[str, Any]:
    if isinstance(values, pd.DataFrame):
        return {str(name): numbers(values[name]) for name in values}
    return numbers(values) if pd.api.types.is_float_dtype(values) else _counts(values)


def numbers(column: pd.Series[Any]) -> dict[str, Any]:
    """Return statistics of the numbers, with the sample standard deviation and the deciles from 10 % to 90 %."""
    seen = column.dropna().to_numpy(dtype=np.float64)
    if not seen.size:
        return {"count": 0, "missing": len(column)}
    return {
        "count": int(seen.size),
        "missing": int(len(column) - seen.size),
        "mean": float(seen.mean()),
        "sd": float(seen.std(ddof=1)) if seen.size > 1 else 0.0,
        "minimum": float(seen.min()),
        "maximum": float(seen.max()),
        "deciles": [float(value) for value in np.quantile(seen, np.arange(1, 10) / 10)],
        **histogram(seen),
    }


def histogram(seen: NDArray[np.floating]) -> dict[str, Any]:
    """Return the bins of a column of numbers, [n]: one for each value, or if there are many, about equally full ones.

    Returns:
        The edges between the bins and how many values are in each. An edge lies midway between two values, so that
        none is on an edge, and rounding to single precision moves none into another bin.
    """
    values, repeats = np.unique(seen, return_counts=True)
    upto = np.cumsum(repeats)
    if len(values) > MOST_BINS:
        last = np.unique(np.searchsorted(upto, np.arange(1, MOST_BINS) / MOST_BINS * seen.size))
        last = last[last < len(values) - 1]
    else:
        last = np.arange(len(values) - 1)
    edges = values[last] / 2 + values[last + 1] / 2
    return {"edges": edges.tolist(), "counts": np.diff(upto[last], prepend=0, append=seen.size).tolist()}


def _texts(column: pd.Series[Any]) -> dict[str, Any]:
    """Return statistics of the lengths of free texts. The texts themselves are nobody's business."""
    return {"characters": numbers(column.dropna().astype(str).str.len()), "missing": int(column.isna().sum())}


def _counts(column: pd.Series[Any]) -> dict[str, Any]:
    seen = column.dropna().astype(str)
    return {
        "count": len(seen),
        "missing": len(column) - len(seen),
        "categories": {str(name): int(count) for name, count in seen.value_counts().sort_index().items()},
    }
