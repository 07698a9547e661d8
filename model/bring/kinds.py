"""The kinds of estimators that can be served: each predicts a class, a number or several, a cluster, or an outlier."""

from __future__ import annotations

from typing import Any

import numpy as np
import sklearn.utils
from numpy.typing import NDArray
from sklearn.base import is_classifier, is_outlier_detector, is_regressor
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer

from model.bring.convertible import parts

WORDS = {
    "classifier": "classification",
    "regressor": "regression",
    "clusterer": "clustering",
    "density_estimator": "clustering",  # mixtures
    "outlier_detector": "detection of outliers",
}
OUTLIER, INLIER = -1, 1  # what every detector of outliers in scikit-learn predicts
VECTORIZERS = (CountVectorizer, HashingVectorizer)  # TfidfVectorizer is a CountVectorizer


def _estimator_type(pipeline: Any) -> str | None:
    if not hasattr(sklearn.utils, "get_tags"):  # before scikit-learn 1.6, whose files are bundled with it
        return getattr(pipeline, "_estimator_type", None)
    found: str | None = sklearn.utils.get_tags(pipeline).estimator_type
    return found


def predicts(pipeline: Any) -> bool:
    """Return whether it predicts for each row: a class, a number or several, a cluster, or whether it is an outlier."""
    return _estimator_type(pipeline) in WORDS and hasattr(pipeline, "predict")


def word(pipeline: Any) -> str:
    """Return what the pipeline does, in a word or a few."""
    return WORDS[str(_estimator_type(pipeline))]


def takes_series(pipeline: Any) -> bool:
    """Return whether the pipeline takes texts, not a table: a vectorizer is first, which does not count columns."""
    return not hasattr(pipeline, "n_features_in_") and any(isinstance(part, VECTORIZERS) for part in parts(pipeline))


def classes(pipeline: Any, predicted: NDArray[Any]) -> list[Any]:
    """Return what the pipeline can predict, in its own values; empty for a regression."""
    if is_regressor(pipeline):
        return []
    if is_classifier(pipeline):
        # An array of objects may hold values of numpy, such as the target_names of scikit-learn's data sets.
        return [value.item() if isinstance(value, np.generic) else value for value in pipeline.classes_.tolist()]
    if is_outlier_detector(pipeline):
        return [OUTLIER, INLIER]
    return _clusters(pipeline, predicted)


def _clusters(pipeline: Any, predicted: NDArray[Any]) -> list[int]:
    """Return the numbers of the clusters: of those that have a center, and of those that are known to be predicted."""
    found = set(predicted.tolist())
    for part in parts(pipeline):
        found.update(range(len(getattr(part, "cluster_centers_", getattr(part, "means_", ())))))
        found.update(np.asarray(getattr(part, "labels_", ()), dtype=np.int64).tolist())
    return sorted(map(int, found))
