"""When the model says "inconclusive": fitted on scans of collections that the network has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from model.image.alarms import is_inconclusive, uncertainty
from model.task import Abstention
from model.train.metrics import Figures
from model.train.picture.evaluate import Predictions, share

Array = NDArray[Any]


@dataclass(frozen=True)
class Answers:
    """Answers of one network to scans that took no part in its fit.

    Attributes:
        labels: The answers, as places among the classes [n].
        probabilities: Of the classes [n, classes].
        strangeness: Out-of-distribution scores as multiples of the network's threshold [n], so that those of several
            networks compare.
        wrong: Whether the answer is wrong [n].
    """

    labels: NDArray[np.int64]
    probabilities: Array
    strangeness: Array
    wrong: NDArray[np.bool_]

    @property
    def doubts(self) -> Array:
        return np.asarray(1 - self.probabilities.max(axis=1))


def answers(predictions: Predictions, threshold: float, wrong: NDArray[np.bool_]) -> Answers:
    return Answers(predictions.labels, predictions.probabilities, predictions.ood_scores / threshold, wrong)


def fit_abstention(held_out: Sequence[Answers], usual: Answers, coverage: Sequence[float]) -> Abstention:
    """Fit the rule so that a given share of the usual scans gets an answer.

    Args:
        held_out: Answers of networks to a collection that each has not seen, from which the weights follow; each
            network counts the same, and so do right and wrong answers.
        usual: Answers of the network that is shipped to scans like those that it was fitted on.
        coverage: For each class, the share of these that gets an answer.
    """
    columns = np.concatenate([np.stack([part.doubts, part.strangeness], axis=1) for part in held_out])
    wrong = np.concatenate([part.wrong for part in held_out])
    counts = np.concatenate([np.full(len(part.wrong), 1 / len(part.wrong)) for part in held_out])
    doubt = strangeness = 1.0  # if all answers are right, or all are wrong, as after a quick fit
    if wrong.any() and not wrong.all():
        fitted = LogisticRegression(class_weight="balanced").fit(columns, wrong, counts * len(wrong))
        doubt, strangeness = (round(max(0.0, float(weight)), 3) for weight in fitted.coef_[0])
    rule = Abstention(doubt, strangeness, ())
    scores = uncertainty(rule, usual.labels, usual.probabilities, usual.strangeness)
    limits = (
        float(np.quantile(scores[usual.labels == place], part)) if (usual.labels == place).any() else 0.0
        for place, part in enumerate(coverage)
    )
    return replace(rule, limits=tuple(round(limit, 3) for limit in limits))


def coverage(rule: Abstention, given: Answers) -> Figures:
    """Return the share of the scans that get an answer, and the share of these answers that is wrong."""
    answered = ~is_inconclusive(rule, given.labels, given.probabilities, given.strangeness)
    return {
        "scans": len(given.wrong),
        "wrong": share(given.wrong),
        "answered": share(answered),
        "wrong_of_answered": share(given.wrong[answered]),
        "wrong_and_answered": share(given.wrong & answered),
    }
