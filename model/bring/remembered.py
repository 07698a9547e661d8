"""What a fitted estimator remembers of the columns that it was fitted on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

Values = NDArray[np.float64]

# Attributes of shape [width] or [any, width] whose values lay within the columns: training rows, means, extremes.
_ROWS = (
    "_fit_X",
    "X_fit_",
    "X_train_",
    "support_vectors_",
    "theta_",
    "means_",
    "centroids_",
    "cluster_centers_",
    "mean_",
    "center_",
    "data_min_",
    "data_max_",
    "X_offset_",
)
# Attributes that hold estimators fitted on the same columns.
_INNER = ("estimator", "estimator_", "estimators_", "best_estimator_", "regressor_", "calibrated_classifiers_")


def values(estimator: Any, width: int) -> list[Values]:
    """Return for each of the columns values that lay within its range when the estimator was fitted."""
    found: list[list[Values]] = [[] for _ in range(width)]
    for part in receivers(estimator):
        if getattr(part, "n_features_in_", None) != width:
            continue
        for column, some in _remembered(part):
            found[column].append(some[np.isfinite(some)])
    return [np.concatenate(column) if column else np.empty(0) for column in found]


def receivers(estimator: Any) -> Iterator[Any]:
    """Yield the estimators that take the columns as they are sent: not those behind a transformer."""
    if isinstance(estimator, Pipeline):
        first = next((step for _, step in estimator.steps if step not in (None, "passthrough")), None)
        yield from receivers(first)
    elif isinstance(estimator, list | tuple | np.ndarray):
        for part in estimator:
            yield from receivers(part)
    elif hasattr(estimator, "estimators_features_") and not _takes_all(estimator):
        return
    elif isinstance(estimator, BaseEstimator) or hasattr(estimator, "estimator"):
        yield estimator
        for name in _INNER:
            yield from receivers(vars(estimator).get(name))


def _takes_all(bagging: Any) -> bool:
    """Return whether each estimator of a bagging takes all columns in their order."""
    return all(np.array_equal(taken, np.arange(bagging.n_features_in_)) for taken in bagging.estimators_features_)


def _remembered(part: Any) -> Iterator[tuple[int, Values]]:
    if hasattr(part, "tree_"):
        tree = part.tree_
        for column in np.unique(tree.feature[tree.feature >= 0]):
            yield int(column), tree.threshold[tree.feature == column]
    bins = getattr(part, "_bin_mapper", None)  # of HistGradientBoosting
    if bins is not None and getattr(part, "_preprocessor", None) is None:  # which changes the order of the columns
        for column, thresholds in enumerate(bins.bin_thresholds_):
            if not bins.is_categorical_[column]:
                yield column, np.asarray(thresholds, np.float64)
    for name in _ROWS:
        if (kept := _array(part, name)) is not None:
            if name in ("mean_", "center_") and (scale := _array(part, "scale_")) is not None:
                kept = np.stack([kept - scale, kept + scale])
            yield from enumerate(np.atleast_2d(kept).T)


def _array(part: Any, name: str) -> Values | None:
    kept = getattr(part, name, None)
    if not isinstance(kept, np.ndarray) or kept.dtype.kind not in "fiu" or kept.shape[-1:] != (part.n_features_in_,):
        return None
    return kept.astype(np.float64)
