"""A fitted pipeline as skl2onnx takes it: where the two misunderstand each other, and how they are reconciled."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from skl2onnx import update_registered_converter
from skl2onnx.common.shape_calculator import calculate_linear_classifier_output_shapes
from skl2onnx.operator_converters.linear_classifier import convert_sklearn_linear_classifier
from skl2onnx.sklapi import CastTransformer
from sklearn.base import BaseEstimator
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import LinearSVC
from sklearn.tree import BaseDecisionTree

from model.task import MISSING_TEXT

TREES = (
    BaseDecisionTree,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)


def convertible(pipeline: Any) -> Any:
    """A copy with the same answers that skl2onnx takes.

    It knows a missing string by MISSING_TEXT, as an ONNX string cannot be NaN or None.
    """
    pipeline = copy.deepcopy(pipeline)
    _refuse_endless(pipeline)
    for part in list(parts(pipeline)):
        if isinstance(part, VotingClassifier):
            part.flatten_transform = False  # concerns transform alone
        if isinstance(part, Pipeline) and isinstance(part.steps[-1][1], TREES):
            # scikit-learn's trees round to single precision before they compare, whatever comes before them.
            part.steps.insert(-1, ("single_precision", CastTransformer(dtype=np.float32)))
        if isinstance(part, OneHotEncoder) and hasattr(part, "categories_"):
            part.categories_ = [
                np.where(pd.isna(known), MISSING_TEXT, known) if known.dtype == object else known
                for known in part.categories_
            ]
        if isinstance(part, SimpleImputer) and getattr(part, "statistics_", np.empty(0)).dtype == object:
            part.missing_values = MISSING_TEXT
    return pipeline


def parts(estimator: Any) -> Iterator[BaseEstimator]:
    """An estimator and every estimator inside it."""
    seen: set[int] = set()
    stack = [estimator]
    while stack:
        part = stack.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, BaseEstimator):
            yield part
            stack.extend(vars(part).values())
        elif isinstance(part, dict):
            stack.extend(part.values())
        elif isinstance(part, list | tuple) or (isinstance(part, np.ndarray) and part.dtype == object):
            stack.extend(part)


def allow_linear_svc() -> None:
    """Let skl2onnx take the option that it asks of every classifier at a pipeline's end, and forgot for this one."""
    update_registered_converter(
        LinearSVC,
        "SklearnLinearSVC",
        calculate_linear_classifier_output_shapes,
        convert_sklearn_linear_classifier,
        overwrite=True,
        options={"nocl": [True, False], "raw_scores": [True, False], "zipmap": [True, False]},
    )


def _refuse_endless(pipeline: Any) -> None:
    """In double precision skl2onnx never ends on the infinite thresholds of trees that split on missing values."""
    for part in parts(pipeline):
        if hasattr(part, "tree_") and not np.isfinite(part.tree_.threshold).all():
            raise ValueError("its trees split on missing values; put a SimpleImputer before them")
