"""Splits steps over numbers and strings together, which one tensor of ONNX cannot hold, by the type of their columns.

An imputer of the most frequent value and a one-hot encoder treat each column by itself. In the copy that is converted,
each run of columns of one type has its own, and the columns that come out keep their order.
"""

from __future__ import annotations

import copy
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

_SEPARABLE = (SimpleImputer, OneHotEncoder, OrdinalEncoder)
# What their fitted instances hold for each column, in sequences as long as there are columns.
_BY_COLUMN = (
    *("feature_names_in_", "statistics_", "categories_", "drop_idx_", "_drop_idx_after_grouping", "_n_features_outs"),
    *("_infrequent_indices", "_default_to_infrequent_mappings"),
)


def split_by_type(transformer: ColumnTransformer) -> None:
    """Split the mixed steps of a ColumnTransformer in place."""
    transformer.transformers_ = [
        part for name, step, columns in transformer.transformers_ for part in _split(name, step, columns)
    ]


def _split(name: str, step: Any, columns: Any) -> list[tuple[str, Any, Any]]:
    runs = _runs(step) if isinstance(columns, list | np.ndarray | pd.Index) else []
    if len(runs) < 2:  # noqa: PLR2004 (the columns have one type)
        return [(name, step, columns)]
    return [(f"{name}_{places[0]}", _part(step, places), [columns[place] for place in places]) for places in runs]


def _runs(step: Any) -> list[list[int]]:
    """Return the places of neighbouring columns that have one type; none if the step cannot be split."""
    steps = [inner for _, inner in step.steps] if isinstance(step, Pipeline) else [step]
    if not steps or any(type(inner) not in _SEPARABLE or _joined(inner) for inner in steps):
        return []
    texts = [_is_text(known) for known in _known(steps[-1])]
    return [list(run) for _, run in groupby(range(len(texts)), key=texts.__getitem__)]


def _joined(step: Any) -> bool:
    """Return whether the columns that come out depend on all that go in: indicators follow, empty ones are dropped."""
    if not (hasattr(step, "statistics_") or hasattr(step, "categories_")):
        return True  # it is for no column, so it was never fitted
    if isinstance(step, SimpleImputer):
        return step.indicator_ is not None or bool(pd.isna(step.statistics_).any())
    return not isinstance(step.categories, str) or not (step.__dict__.get("drop") is None or isinstance(step.drop, str))


def _known(step: Any) -> list[NDArray[Any]]:
    known: list[NDArray[Any]] = getattr(step, "categories_", None) or [np.array([one]) for one in step.statistics_]
    return known


def _is_text(known: NDArray[Any]) -> bool:
    return any(isinstance(value, str) for value in known.tolist())


def _part(step: Any, places: list[int]) -> Any:
    """Return a copy of the step restricted to some of its columns, all of one type."""
    part = copy.copy(step)
    if isinstance(step, Pipeline):
        part.steps = [(name, _part(inner, places)) for name, inner in step.steps]
        return part
    for attribute in _BY_COLUMN:
        if (values := getattr(step, attribute, None)) is not None:
            chosen = [values[place] for place in places]
            setattr(part, attribute, chosen if isinstance(values, list) else np.array(chosen, values.dtype))
    part.n_features_in_ = len(places)
    if hasattr(step, "_missing_indices"):
        indices = step._missing_indices
        part._missing_indices = {new: indices[old] for new, old in enumerate(places) if old in indices}
    if not any(map(_is_text, _known(part))):
        _make_numeric(part)
    return part


def _make_numeric(part: Any) -> None:
    """Convert a step that was fitted on object columns so that it takes numbers."""
    if isinstance(part, SimpleImputer):
        part.statistics_ = part.statistics_.astype(np.float64)
        part._fit_dtype = part._fill_dtype = np.dtype(np.float64)
        part.missing_values = np.nan if pd.isna(part.missing_values) else part.missing_values
    else:
        part.categories_ = [known.astype(np.float64) for known in part.categories_]
