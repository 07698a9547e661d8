"""Finds a model that was fitted on other columns than the sample's: most often its scaler was saved apart.

Such a model takes raw rows without complaint and predicts nonsense. The proof does not notice, because the bundle
predicts the same nonsense. Of 810 fits of 37 kinds on eight data sets, each tried with all of its rows, with 30, with
10 and with the first 40 of two sorted files, none is refused. Of 648 whose scaler is missing, 39 go unnoticed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import is_classifier, is_regressor
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression, QuantileRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline

from model.bring import remembered
from model.bring.convertible import parts
from model.bring.fitted_on import as_fitted
from model.bring.remembered import Values
from model.bring.request import WARNING
from model.bundle import BundleError

FEW = 0.1  # share of a column's remembered values within the sample's range, below which the two do not match
SOME = 0.4  # the same, as the mean over all columns
MANY = 0.3  # share of the columns that differ, which must be three at least: sorted files had two
FAR = 5.0  # spans between the sample and the remembered values
# Median probability of the second likeliest class below which a logistic regression or a neural network is too certain.
# Over 16 fits on raw columns of iris, wine, breast cancer and digits the least median was 3e-16; without their scalers,
# wine and breast cancer had 1e-290 at most.
CERTAIN = 1e-21

JOIN = 'from sklearn.pipeline import make_pipeline; joblib.dump(make_pipeline(scaler, model), "pipeline.joblib")'


@dataclass(frozen=True)
class _Column:
    """A column of numbers in the sample, next to values of the same column that the model remembers."""

    name: str
    sample: Values
    remembered: Values

    @property
    def share_inside(self) -> float:
        low, high = self.sample.min(), self.sample.max()
        return float(np.mean((self.remembered >= low) & (self.remembered <= high)))

    def differs(self, *, between_0_and_1: bool) -> bool:
        """Return whether no part of the column that the model was fitted on could look like the sample.

        Few remembered values within the range are not enough: the first rows of a sorted file have a narrow range.
        """
        if self.share_inside >= FEW:
            return False
        scaled = self.sample.min() >= 0 and np.mean(self.remembered < 0) > FEW
        return bool(scaled or (between_0_and_1 and self.sample.max() > 1) or self._is_far())

    @property
    def is_scaled(self) -> bool:
        """Whether it is the sample that is scaled."""
        return bool(self.sample.min() < 0 <= self.remembered.min())

    def _is_far(self) -> bool:
        gap = abs(np.median(self.sample) - np.median(self.remembered))
        spans = [float(np.ptp(values)) for values in (self.sample, self.remembered) if np.ptp(values) > 0]
        return bool(gap > FAR * min(spans))


def compare(model: Any, sample: pd.DataFrame) -> list[str]:
    """Return a warning if the model was probably fitted on other columns than the sample's.

    Raises:
        BundleError: It certainly was.
    """
    columns = _columns(model, sample)
    if not columns:
        return []
    known = np.concatenate([column.remembered for column in columns])
    between = bool(known.min() >= 0 and known.max() <= 1)
    differing = [column for column in columns if column.differs(between_0_and_1=between)]
    certain = len(differing) == len(columns) or len(differing) >= max(3, MANY * len(columns))
    if certain:
        sentence = _difference(model, differing, len(columns), "was")
        raise BundleError(sentence[0].upper() + sentence[1:])
    if len(differing) > 1 or np.mean([column.share_inside for column in columns]) < SOME:
        outside = differing or [column for column in columns if column.share_inside < SOME]
        return [WARNING + _difference(model, outside, len(columns), "was probably")]
    return []


def judge(model: Any, predicted: NDArray[Any], truth: NDArray[Any] | None) -> list[str]:
    """Return a warning if the model predicts the sample no better than a constant would.

    Args:
        model: The model.
        predicted: Its predictions for the rows of the sample.
        truth: What it should have predicted, in the same form; None if that is not known.
    """
    sentence = ""
    if truth is None:
        if len(predicted) > 1 and (predicted == predicted[0]).all() and _is_bare(model):
            sentence = f"it predicts the same for all {len(predicted)} rows of the sample."
    elif is_classifier(model) and len(np.unique(truth)) > 1:
        share = float(np.unique(truth, return_counts=True)[1].max() / len(truth))
        if (right := float(np.mean(predicted == truth))) <= share:
            sentence = f"it is right in {right:.0%} of the sample's rows, and always the same class in {share:.0%}."
    elif is_regressor(model) and np.ptp(truth) > 0 and not _aims_at_a_quantile(model):
        r2 = 1 - float(np.sum((predicted - truth) ** 2) / np.sum((truth - truth.mean(axis=0)) ** 2))
        if r2 <= 0:
            sentence = f"its R² on the sample's rows is {r2:.2g}, and that of the target's mean is 0."
    if not sentence:
        return []
    advice = f" If its scaler was saved apart, add --before scaler.pkl or save both: {JOIN}" if _is_bare(model) else ""
    return [WARNING + sentence + advice]


def doubt(model: Any, sample: pd.DataFrame) -> list[str]:
    """Return a warning if the model is more certain of most rows than a fit on such columns would be.

    Logistic regression and neural networks remember nothing of their columns, but to one that was fitted on scaled ones
    the raw columns are so large that its probabilities are 0 and 1. Other linear models are as certain of raw columns.
    """
    if not hasattr(model, "predict_proba"):  # a vote of several without probabilities
        return []
    if not any(isinstance(part, LogisticRegression | MLPClassifier) for part in remembered.receivers(model)):
        return []
    second = np.partition(model.predict_proba(as_fitted(model, sample)), -2, axis=1)[:, -2]
    if np.median(second) >= CERTAIN:
        return []
    sentence = "its probabilities are 0 or 1 in most of the sample's rows, as if it expected scaled columns."
    return [f"{WARNING}{sentence} If so, add --before scaler.pkl or save both: {JOIN}"]


def _columns(model: Any, sample: pd.DataFrame) -> list[_Column]:
    found = []
    for (name, column), values in zip(sample.items(), remembered.values(model, sample.shape[1]), strict=True):
        numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
        numbers = numbers[np.isfinite(numbers)]
        if len(values) and len(np.unique(numbers)) > 2:  # noqa: PLR2004 (0 and 1 say nothing about a scale)
            found.append(_Column(str(name), numbers, values))
    return found


def _difference(model: Any, columns: list[_Column], count: int, was: str) -> str:
    worst = min(columns, key=lambda column: column.share_inside)
    then, now = (f"{values.min():.3g} to {values.max():.3g}" for values in (worst.remembered, worst.sample))
    advice = "Give rows in the units that it was fitted on."
    if np.mean([column.is_scaled for column in columns]) > 0.5:  # noqa: PLR2004 (most of them)
        advice = "Give the columns as they were before they were scaled."
    elif _is_bare(model):
        advice = f"Add --before scaler.pkl or save both: {JOIN}"
    return (
        f"the {type(model).__name__} {was} fitted on other values in {len(columns)} of {count} columns, such as "
        f"{worst.name[:24]!r}: {then} then, {now} now. {advice}"
    )


def _aims_at_a_quantile(model: Any) -> bool:
    """Return whether it predicts a quantile, of which R² says nothing: it is meant to be above or below most values."""
    return any(isinstance(part, QuantileRegressor) or getattr(part, "loss", "") == "quantile" for part in parts(model))


def _is_bare(model: Any) -> bool:
    return not any(isinstance(part, Pipeline | ColumnTransformer) for part in parts(model))
