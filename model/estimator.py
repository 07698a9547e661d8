"""Asks a fitted estimator of scikit-learn for its predictions, in as few calls as give its own answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

# Classifiers of scikit-learn whose prediction is the class of the highest probability, but for rounding.
_MOST_PROBABLE = frozenset(
    {
        "BaggingClassifier",
        "BernoulliNB",
        "CalibratedClassifierCV",
        "ComplementNB",
        "DecisionTreeClassifier",
        "ExtraTreesClassifier",
        "GaussianNB",
        "GradientBoostingClassifier",
        "HistGradientBoostingClassifier",
        "LinearDiscriminantAnalysis",
        "LogisticRegression",
        "MultinomialNB",
        "QuadraticDiscriminantAnalysis",
        "RandomForestClassifier",
    }
)
_TIE = 1e-9  # two probabilities this close may have been ordered by rounding
_TWO = 2


class Predictions(NamedTuple):
    """What an estimator says about rows.

    Attributes:
        predicted: [rows] or [rows, targets], its own classes or numbers.
        probabilities: [rows, classes], or None if it has none.
        scores: [rows], how normal each row is, of a detector of outliers.
    """

    predicted: NDArray[Any]
    probabilities: NDArray[np.float64] | None = None
    scores: NDArray[np.float64] | None = None


def predict(estimator: Any, given: Any, *, numbers_only: bool = False) -> Predictions:
    """Return what the estimator's own methods return.

    The steps of a pipeline transform the rows once; its `predict` and `predict_proba` would each do so.

    Args:
        estimator: It, or a pipeline or a search that ends with it.
        given: Rows in the form that it was fitted on.
        numbers_only: Whether it is a regression.
    """
    while (inner := _inner(estimator)) is not None:
        transformers, estimator = inner
        for transformer in transformers:
            given = transformer.transform(given)
    if not numbers_only and hasattr(estimator, "predict_proba"):
        probabilities = np.asarray(estimator.predict_proba(given), np.float64)
        return Predictions(_classes(estimator, given, probabilities), probabilities)
    predicted = np.asarray(estimator.predict(given))
    if not numbers_only and hasattr(estimator, "score_samples"):
        return Predictions(predicted, scores=np.asarray(estimator.score_samples(given), np.float64))
    return Predictions(predicted)


def calm(estimator: Any) -> None:
    """Make the estimator and all those in it compute on one thread and print nothing."""
    for part in parts(estimator, lambda part: isinstance(part, BaseEstimator)):
        settings = vars(part)
        settings.update({"n_jobs": None} if "n_jobs" in settings else {})
        settings.update({"verbose": 0} if "verbose" in settings else {})


def parts(estimator: Any, is_part: Callable[[Any], bool]) -> Iterator[Any]:
    """Yield an estimator and every part inside it, at any depth."""
    seen: set[int] = set()
    stack = [estimator]
    while stack:
        part = stack.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, dict):
            stack.extend(part.values())
        elif isinstance(part, list | tuple):
            stack.extend(part)
        elif isinstance(part, np.ndarray):
            stack.extend(part if part.dtype == object else ())
        elif type(part).__module__ == "builtins":  # most are numbers and strings, of which a forest has thousands
            continue
        elif is_part(part):
            yield part
            stack.extend(vars(part).values())
        elif type(part).__module__ == "sklearn.calibration":  # a part of CalibratedClassifierCV that is no estimator
            stack.extend(vars(part).values())


def _inner(estimator: Any) -> tuple[list[Any], Any] | None:
    """Return the transformers before the last estimator, and this, of what only passes rows on to it."""
    if hasattr(estimator, "best_estimator_"):
        return [], estimator.best_estimator_
    if type(estimator) is Pipeline:
        *steps, last = (step for _, step in estimator.steps)
        return [step for step in steps if step is not None and not isinstance(step, str)], last
    return None


def _classes(estimator: Any, given: Any, probabilities: NDArray[np.float64]) -> NDArray[Any]:
    if type(estimator).__name__ in _MOST_PROBABLE and type(estimator).__module__.startswith("sklearn."):
        highest = np.partition(probabilities, -_TWO, axis=1)[:, -_TWO:]
        if (highest[:, 1] - highest[:, 0] > _TIE).all():
            return np.asarray(np.asarray(estimator.classes_)[probabilities.argmax(axis=1)])
    return np.asarray(estimator.predict(given))
