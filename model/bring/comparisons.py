"""Walks through a fitted pipeline and lists the numbers that its parts compare with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.utils import _safe_indexing

from model.bring import boosters

Given = Callable[[pd.DataFrame], Any]  # from rows of the table to what a part of the pipeline gets


class Compared(NamedTuple):
    """The numbers that one part compares with; arrays of shape [numbers]."""

    part: Any
    given: Given
    places: NDArray[np.intp]  # columns of what the part gets
    numbers: NDArray[np.float64]
    nodes: NDArray[np.intp] | None = None  # of a tree, which rounds to single precision before it compares


def parts_of(part: Any, given: Given) -> Iterator[tuple[Any, Given]]:
    """Yield an estimator and all that it consists of, each with what computes its input."""
    yield part, given
    for inner, its_own in _inside(part, given):
        yield from parts_of(inner, its_own)


def _inside(part: Any, given: Given) -> Iterator[tuple[Any, Given]]:
    if isinstance(part, Pipeline):
        for _, step in part.steps:
            yield step, given
            given = _then(given, step.transform) if hasattr(step, "transform") else given
    elif isinstance(part, ColumnTransformer):
        fitted = getattr(part, "transformers_", ())  # a search also keeps the estimator that it fitted copies of
        yield from ((step, _then(given, _taking(columns))) for _, step, columns in fitted)
    elif isinstance(part, FeatureUnion):
        yield from ((step, given) for _, step in part.transformer_list)
    elif hasattr(part, "estimators_features_"):  # bagging
        chosen = zip(part.estimators_, part.estimators_features_, strict=True)
        yield from ((inner, _then(given, _taking(columns))) for inner, columns in chosen)
    elif isinstance(part, BaseEstimator) or hasattr(part, "calibrators"):
        for name, value in vars(part).items():
            yield value, _then(given, part.transform) if name == "final_estimator_" else given
    elif isinstance(part, list | tuple) or (isinstance(part, np.ndarray) and part.dtype == object):
        yield from ((inner, given) for inner in part)


def _then(given: Given, step: Callable[[Any], Any]) -> Given:
    return lambda table: step(given(table))


def _taking(columns: Any) -> Callable[[Any], Any]:
    return lambda table: _safe_indexing(table, columns, axis=1)


def thresholds(part: Any, given: Given) -> Iterator[Compared]:
    if hasattr(part, "tree_"):
        tree = part.tree_
        nodes = np.flatnonzero((tree.children_left >= 0) & np.isfinite(tree.threshold))
        yield Compared(part, given, tree.feature[nodes], tree.threshold[nodes], nodes)
    elif hasattr(part, "_predictors"):  # histogram gradient boosting
        table: Any = np.concatenate([tree.nodes for trees in part._predictors for tree in trees])
        table = table[(table["is_leaf"] == 0) & (table["is_categorical"] == 0) & np.isfinite(table["num_threshold"])]
        yield Compared(part, given, table["feature_idx"].astype(np.intp), table["num_threshold"])
    elif boosters.is_booster(part):
        yield Compared(part, given, *boosters.read(part).switches())


def edges(part: Any, given: Given) -> Iterator[Compared]:
    columns = [*_list(part, "bin_edges_"), *_list(part, "categories_"), *np.transpose(_list(part, "quantiles_"))]
    columns += [spline.t for spline in _list(part, "bsplines_")]
    for name in ("missing_values", "threshold"):  # of imputers; of Binarizer
        marker = getattr(part, name, None)
        if isinstance(marker, int | float) and np.isfinite(marker):
            columns = [[marker]] * int(getattr(part, "n_features_in_", 0))
    for place, values in enumerate(map(np.asarray, columns)):
        if values.dtype.kind in "iuf":
            finite = values[np.isfinite(values)].astype(np.float64)
            yield Compared(part, given, np.full(len(finite), place), finite)


def _list(part: Any, name: str) -> Any:
    value = getattr(part, name, None)
    return [] if value is None else value
