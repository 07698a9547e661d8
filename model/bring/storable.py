"""Prepares a fitted pipeline for skops: makes a copy that it can write and that predicts the same."""

from __future__ import annotations

import copy
from typing import Any

from sklearn.cluster import Birch
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import Pipeline

from model.bring import boosters
from model.bring.convertible import parts


def storable(pipeline: Any) -> Any:
    """Return the copy. It has no samplers of imbalanced-learn, which change the rows of a fit only."""
    fitted = copy.deepcopy(_without_birch(pipeline))
    boosters.without_samplers(list(parts(fitted)))
    return fitted


def _without_birch(estimator: Any) -> Any:
    """Replace Birch, whose tree skops refuses.

    Predicting needs the centers only: a row gets the label of the nearest one.
    """
    if isinstance(estimator, Pipeline):
        *before, (name, last) = estimator.steps
        changed = copy.copy(estimator)
        changed.steps = [*before, (name, _without_birch(last))]
        return changed
    if not isinstance(estimator, Birch):
        return estimator
    nearest = KNeighborsRegressor(1, algorithm="brute").fit(estimator.subcluster_centers_, estimator.subcluster_labels_)
    if hasattr(estimator, "feature_names_in_"):
        nearest.feature_names_in_ = estimator.feature_names_in_
    return nearest
