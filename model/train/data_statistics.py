"""Statistics of the training rows, feature by feature, as a baseline for drift."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from model.task import Feature


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
        return _counts(column.map("{:.15g}".format, na_action="ignore"))
    if feature.is_number:
        return _numbers(column)
    return _counts(column) if feature.categories else _texts(column)


def _describe(values: pd.DataFrame | pd.Series[Any]) -> dict[str, Any]:
    if isinstance(values, pd.DataFrame):
        return {str(name): _numbers(values[name]) for name in values}
    return _numbers(values) if pd.api.types.is_float_dtype(values) else _counts(values)


def _numbers(column: pd.Series[Any]) -> dict[str, Any]:
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
    }


def _texts(column: pd.Series[Any]) -> dict[str, Any]:
    """Return statistics of the lengths of free texts. The texts themselves are nobody's business."""
    return {"characters": _numbers(column.dropna().astype(str).str.len()), "missing": int(column.isna().sum())}


def _counts(column: pd.Series[Any]) -> dict[str, Any]:
    seen = column.dropna().astype(str)
    return {
        "count": len(seen),
        "missing": len(column) - len(seen),
        "categories": {str(name): int(count) for name, count in seen.value_counts().sort_index().items()},
    }
