"""Work out the figures of a run from its batches and the true labels, and judge them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from loadtest.digits import sampling
from loadtest.digits.batches import CLASSES, BatchResult
from loadtest.digits.sampling import Shares
from loadtest.format import number


@dataclass(frozen=True)
class DigitsOutcome:
    """The batches of a run, and the labels of all images in the order in which they were sent.

    Each figure is computed once.
    """

    labels: NDArray[np.integer]
    batches: Sequence[BatchResult]

    @property
    def sent(self) -> int:
        return len(self.labels)

    @cached_property
    def answered(self) -> list[tuple[int, int]]:
        """(label, predicted class) of each image that got a prediction."""
        return [
            (int(label), predicted)
            for batch in self.batches
            if batch.classes is not None
            for label, predicted in zip(self.labels[batch.first :], batch.classes, strict=False)
        ]

    @property
    def lost(self) -> int:
        return self.sent - len(self.answered)

    @cached_property
    def reasons(self) -> Counter[str]:
        """Number of images lost for each reason."""
        reasons: Counter[str] = Counter()
        for batch in self.batches:
            if batch.classes is None:
                reasons[batch.reason] += batch.count
        return reasons

    @cached_property
    def correct(self) -> int:
        return sum(label == predicted for label, predicted in self.answered)

    @cached_property
    def seconds(self) -> float:
        """Seconds from the first request to the last response."""
        return max(batch.ended for batch in self.batches) - min(batch.started for batch in self.batches)

    @cached_property
    def slowest(self) -> BatchResult:
        return max(self.batches, key=lambda batch: batch.seconds)

    @cached_property
    def shares(self) -> Shares:
        """Share of each class among the predictions; all zeros if there are none."""
        counts = np.bincount([predicted for _, predicted in self.answered], minlength=len(CLASSES))
        shares: Shares = counts / max(counts.sum(), 1)
        return shares


@dataclass(frozen=True)
class Criterion:
    """One line of the verdict, as text."""

    name: str
    limit: str
    measured: str
    detail: str
    held: bool


def judge(outcome: DigitsOutcome, seconds: float, accuracy: float) -> list[Criterion]:
    sent, answered, lost = outcome.sent, len(outcome.answered), outcome.lost
    rate = f"{number(answered / outcome.seconds)} predictions per second"
    reasons = "; ".join(f"{reason} ({number(count)})" for reason, count in outcome.reasons.most_common())
    return [
        Criterion(
            f"All {number(sent)} answered within",
            f"{seconds:g} s",
            "never" if lost else f"{outcome.seconds:.3f} s",
            rate,
            held=not lost and outcome.seconds <= seconds,
        ),
        _judge_accuracy(outcome.correct, answered, accuracy),
        Criterion("Lost, at most", "0", number(lost), reasons, held=not lost),
    ]


def _judge_accuracy(correct: int, answered: int, minimum: float) -> Criterion:
    name, limit = "Accuracy, at least", f"{100 * minimum:g} %"
    if not answered:
        return Criterion(name, limit, "–", "no predictions", held=False)
    low, high = (100 * bound for bound in sampling.wilson_interval(correct, answered))
    detail = f"{number(correct)} of {number(answered)}, 95 % interval {low:.1f} to {high:.1f} %"
    return Criterion(name, limit, f"{100 * correct / answered:.1f} %", detail, held=correct / answered >= minimum)


def compare(outcome: DigitsOutcome, training: Shares) -> str:
    """Compare the distribution of the predictions with that of the training labels."""
    answered = len(outcome.answered)
    if not answered:
        return "There are no predictions, so there is no distribution to compare."
    found = sampling.total_variation(outcome.shares, training)
    chance = sampling.total_variation_by_chance(training, answered)
    verdict = "no more than chance explains" if found <= chance else "more than chance explains"
    return (
        f"The predictions differ from the distribution of the training labels by {100 * found:.1f} %, {verdict}:\n"
        f"95 of 100 random samples of {number(answered)} labels differ by at most {100 * chance:.1f} % "
        "(total variation distance)."
    )


def shares_of(counts: Mapping[str, int]) -> Shares:
    """Return the share of each class, from the counts of its label."""
    found = np.array([counts[str(digit)] for digit in CLASSES], dtype=np.float64)
    shares: Shares = found / found.sum()
    return shares
