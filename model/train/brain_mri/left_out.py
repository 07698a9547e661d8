"""Networks that are fitted without a whole collection, and how they answer for it.

Only the second part of the fit is repeated: the first part has seen neither collection, apart from near copies of some
slices, which do not count here. The healthy slices of both collections stay in, because the data set does not say
which they are; that makes it harder to see a tumour in a collection, since so far it was always healthy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from model.task import Abstention
from model.train.brain_mri.abstention import Answers, answers, coverage
from model.train.brain_mri.examples import Examples, Rows
from model.train.brain_mri.weak import COLLECTIONS, NO_TUMOUR, TUMOUR
from model.train.metrics import Figures
from model.train.picture.evaluate import Predict, ood_threshold, predictor
from model.train.picture.fitted import Fitted

USUAL = 0.99  # share of the calibration scans below the out-of-distribution threshold


@dataclass(frozen=True)
class LeftOut:
    """How a network answers that was fitted without a collection.

    Attributes:
        tumours: For the tumours of the collection that have no near copy in the first part of the fit.
        healthy: For the scans without a tumour in the test fold.
        fitted_on: How many scans it was fitted on.
    """

    tumours: Answers
    healthy: Answers
    fitted_on: int

    def figures(self, rule: Abstention) -> Figures:
        """Both directions of error, with and without the rule for when there is no answer."""
        return {
            "fitted_on": self.fitted_on,
            **{f"tumours_{name}": value for name, value in coverage(rule, self.tumours).items()},
            **{f"no_tumour_{name}": value for name, value in coverage(rule, self.healthy).items()},
        }


def leave_each_out(examples: Examples, fit_without: Callable[[str], Fitted]) -> dict[str, LeftOut]:
    """Fit a network without each weakly labelled collection, in turn."""
    return {name: _judged(examples, name, fit_without(name)) for name in COLLECTIONS}


def threshold(predict: Predict, fitted: Fitted) -> float:
    """Return the out-of-distribution threshold of a network."""
    return ood_threshold(predict(fitted.calibration[0] / 255).ood_scores, USUAL)


def _judged(examples: Examples, name: str, fitted: Fitted) -> LeftOut:
    predict = predictor(fitted.graph)
    strange = threshold(predict, fitted)

    def judged(rows: Rows, *, tumour: bool) -> Answers:
        predictions = predict(examples.pictures[rows] / 255)
        return answers(predictions, strange, (predictions.labels == NO_TUMOUR) == tumour)

    new = examples.of(name) & (examples.targets == TUMOUR) & (examples.folds < 0)
    healthy = examples.test & (examples.targets == NO_TUMOUR) & ~np.isin(examples.collections, COLLECTIONS)
    return LeftOut(judged(new, tumour=True), judged(healthy, tumour=False), len(fitted.train[1]))
