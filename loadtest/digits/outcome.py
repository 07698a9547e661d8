"""Batches and the true labels → figures, and the objectives that they meet. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loadtest.digits import sampling
from loadtest.digits.batches import CLASSES, Batch
from loadtest.digits.sampling import Shares
from loadtest.format import number


@dataclass(frozen=True)
class Outcome:
    """`labels`: of all images sent, in the order in which they were."""

    labels: NDArray[np.integer]
    batches: Sequence[Batch]

    @property
    def sent(self) -> int:
        return len(self.labels)

    @property
    def answered(self) -> list[tuple[int, int]]:
        """(label, class) of each image that was answered."""
        return [
            (int(label), found)
            for batch in self.batches
            if batch.classes is not None
            for label, found in zip(self.labels[batch.first :], batch.classes, strict=False)
        ]

    @property
    def lost(self) -> int:
        return self.sent - len(self.answered)

    @property
    def reasons(self) -> Counter[str]:
        """Why images were lost, and how many."""
        reasons: Counter[str] = Counter()
        for batch in self.batches:
            if batch.classes is None:
                reasons[batch.reason] += batch.count
        return reasons

    @property
    def right(self) -> int:
        return sum(label == found for label, found in self.answered)

    @property
    def seconds(self) -> float:
        """From the first request to the last answer."""
        return max(batch.ended for batch in self.batches) - min(batch.begun for batch in self.batches)

    @property
    def slowest(self) -> Batch:
        return max(self.batches, key=lambda batch: batch.seconds)

    @property
    def shares(self) -> Shares:
        """Of each class among the predictions; nothing was answered: zeros."""
        counts = np.bincount([found for _, found in self.answered], minlength=len(CLASSES))
        shares: Shares = counts / max(counts.sum(), 1)
        return shares


@dataclass(frozen=True)
class Objective:
    """What was wanted and seen of one thing, in words."""

    name: str
    wanted: str
    seen: str
    detail: str
    held: bool


def judge(outcome: Outcome, seconds: float, accuracy: float) -> list[Objective]:
    sent, answered, lost = outcome.sent, len(outcome.answered), outcome.lost
    took = f"{number(answered / outcome.seconds)} predictions a second"
    reasons = "; ".join(f"{reason} ({number(count)})" for reason, count in outcome.reasons.most_common())
    return [
        Objective(
            f"All {number(sent)} answered within",
            f"{seconds:g} s",
            "never" if lost else f"{outcome.seconds:.3f} s",
            took,
            held=not lost and outcome.seconds <= seconds,
        ),
        _accuracy(outcome.right, answered, accuracy),
        Objective("Lost, at most", "0", number(lost), reasons, held=not lost),
    ]


def _accuracy(right: int, answered: int, wanted: float) -> Objective:
    name, least = "Accuracy, at least", f"{100 * wanted:g} %"
    if not answered:
        return Objective(name, least, "–", "nothing was answered", held=False)
    low, high = (100 * bound for bound in sampling.interval(right, answered))
    detail = f"{number(right)} of {number(answered)}, 95 % interval {low:.1f} to {high:.1f} %"
    return Objective(name, least, f"{100 * right / answered:.1f} %", detail, held=right / answered >= wanted)


def compare(outcome: Outcome, training: Shares) -> str:
    """How far the predictions are from the training labels, beside what chance would make of as many."""
    answered = len(outcome.answered)
    if not answered:
        return "Nothing was answered, so there is no distribution to compare."
    found, chance = sampling.distance(outcome.shares, training), sampling.distance_by_chance(training, answered)
    verdict = "no more than chance explains" if found <= chance else "more than chance explains"
    return (
        f"The predictions are distributed as the training labels but for {100 * found:.1f} % of them, {verdict}:\n"
        f"95 of 100 random samples of {number(answered)} differ by at most {100 * chance:.1f} % "
        "(total variation distance)."
    )


def shares_of(counts: Mapping[str, int]) -> Shares:
    """Of each class, from the counts of its label."""
    found = np.array([counts[str(one)] for one in CLASSES], dtype=np.float64)
    shares: Shares = found / found.sum()
    return shares
