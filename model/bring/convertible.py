"""Prepares a fitted pipeline for skl2onnx: works round what the converter gets wrong or does not know.

Gaps of skl2onnx 1.20 that are closed here:

* It refuses a VotingClassifier with `flatten_transform`, although this does not affect predictions.
* It knows no missing string but a given one: https://github.com/onnx/sklearn-onnx/issues/681
* It gives a DictVectorizer a dictionary.
* It knows no FunctionTransformer with a function, although np.asarray and its like change no value.
* It knows one kind of search for parameters, and weights of a vote as an array only.
* It does not register the option `zipmap` for LinearSVC, as once for BaggingClassifier:
  https://github.com/onnx/sklearn-onnx/issues/466
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from skl2onnx import update_registered_converter
from skl2onnx.common.shape_calculator import calculate_linear_classifier_output_shapes
from skl2onnx.operator_converters.linear_classifier import convert_sklearn_linear_classifier
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import VotingClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder
from sklearn.svm import LinearSVC

from model import estimator as estimators
from model.bring import boosters
from model.bring.column_groups import split_by_type
from model.bring.dict_columns import by_columns
from model.task import MISSING_TEXT

_IDENTITIES = (np.array, np.asanyarray, np.asarray, np.ascontiguousarray, np.atleast_2d, np.copy)


def prepare_for_skl2onnx(pipeline: Any) -> Any:
    """Return a copy that skl2onnx can convert and that makes the same predictions.

    In the copy MISSING_TEXT stands for a missing string, because an ONNX string cannot be NaN or None.
    """
    pipeline = copy.deepcopy(getattr(pipeline, "best_estimator_", pipeline))  # of a search only this predicts
    boosters.without_samplers(list(parts(pipeline)))
    for part in list(parts(pipeline)):
        if isinstance(part, ColumnTransformer):
            split_by_type(part)
    for part in list(parts(pipeline)):
        if isinstance(part, Pipeline):
            part.steps = [(name, by_columns(step)) for name, step in part.steps]
        if isinstance(part, VotingClassifier):
            part.flatten_transform = False  # affects `transform` only
        if isinstance(part, FunctionTransformer) and part.func in _IDENTITIES and not part.kw_args:
            part.func = None
        if isinstance(part, OneHotEncoder) and hasattr(part, "categories_"):
            part.categories_ = [
                np.where(pd.isna(known), MISSING_TEXT, known) if known.dtype == object else known
                for known in part.categories_
            ]
        if isinstance(part, SimpleImputer) and getattr(part, "statistics_", np.empty(0)).dtype == object:
            part.missing_values = MISSING_TEXT if pd.isna(part.missing_values) else part.missing_values
        if isinstance(part, VotingClassifier) and part.weights is not None:
            part.weights = np.asarray(part.weights)
    return pipeline


def parts(estimator: Any) -> Iterator[Any]:
    """Yield an estimator and every estimator or booster inside it."""
    return estimators.parts(estimator, lambda part: isinstance(part, BaseEstimator) or boosters.is_booster(part))


def allow_linear_svc() -> None:
    """Register LinearSVC with the option `zipmap`, which skl2onnx requires of a classifier at the end of a pipeline."""
    update_registered_converter(
        LinearSVC,
        "SklearnLinearSVC",
        calculate_linear_classifier_output_shapes,
        convert_sklearn_linear_classifier,
        overwrite=True,
        options={"nocl": [True, False], "raw_scores": [True, False], "zipmap": [True, False]},
    )
