"""Figures for the model card: pure functions of true and predicted values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, r2_score, roc_auc_score

BINS = 10

Array = NDArray[Any]
Figures = dict[str, Any]


def classification_figures(truth: Array, predicted: Array, probabilities: Array | None, classes: Array) -> Figures:
    """Return the figures of a classification.

    With two classes the second is the positive one, for ROC AUC, sensitivity and specificity.

    Args:
        truth: True classes [rows].
        predicted: Predicted classes [rows].
        probabilities: [rows, classes] in the order of `classes`, or None if the model has none.
        classes: All classes.
    """
    table = confusion_matrix(truth, predicted, labels=classes)
    figures: Figures = {
        "rows": len(truth),
        "accuracy": _round(np.mean(truth == predicted)),
        "confusion_matrix": {"rows_are": "truth", "columns_are": "predictions", "counts": table.tolist()},
    }
    if len(classes) == 2:  # noqa: PLR2004 (a positive and a negative class)
        (true_negative, false_positive), (false_negative, true_positive) = table.tolist()
        figures["sensitivity"] = _share(true_positive, true_positive + false_negative)
        figures["specificity"] = _share(true_negative, true_negative + false_positive)
    if probabilities is not None:
        figures |= _probability_figures(truth, predicted, probabilities, classes)
    return figures


def regression_figures(truth: Array, predicted: Array) -> Figures:
    """Return the figures of a regression; both arrays have the shape [rows]."""
    errors = predicted - truth
    return {
        "rows": len(truth),
        "mean_absolute_error": _round(np.mean(np.abs(errors))),
        "root_mean_squared_error": _round(np.sqrt(np.mean(errors**2))),
        "r2": _round(r2_score(truth, predicted)) if len(truth) > 1 else None,
    }


def _probability_figures(truth: Array, predicted: Array, probabilities: Array, classes: Array) -> Figures:
    hits = truth[:, None] == classes[None, :]
    binary = len(classes) == 2  # noqa: PLR2004 (a positive and a negative class)
    if binary:
        stated, happened = probabilities[:, 1], hits[:, 1]
        brier = np.mean((stated - happened) ** 2)
    else:
        stated, happened = probabilities.max(axis=1), truth == predicted
        brier = np.mean(((probabilities - hits) ** 2).sum(axis=1))
    error, bins = _reliability(stated, happened)
    figures = {"brier": _round(brier), "expected_calibration_error": error, "reliability": bins}
    if hits.any(axis=0).all():  # the curve needs rows of every class
        figures["roc_auc"] = _round(
            roc_auc_score(hits[:, 1], stated)
            if binary
            else roc_auc_score(hits, probabilities, average="macro", multi_class="ovr")
        )
    return figures


def _reliability(stated: Array, happened: Array) -> tuple[float, list[Figures]]:
    """Return the expected calibration error over bins of equal width, and the bins that have rows."""
    which = np.minimum((stated * BINS).astype(int), BINS - 1)
    bins, gap = [], 0.0
    for index in np.unique(which):
        inside = which == index
        mean, share = float(stated[inside].mean()), float(happened[inside].mean())
        gap += abs(mean - share) * inside.mean()
        bins.append(
            {
                "from": index / BINS,
                "to": (index + 1) / BINS,
                "rows": int(inside.sum()),
                "mean_probability": _round(mean),
                "observed_share": _round(share),
            }
        )
    return _round(gap), bins


def _share(part: int, whole: int) -> float | None:
    return _round(part / whole) if whole else None


def _round(value: float) -> float:
    return round(float(value), 6)
