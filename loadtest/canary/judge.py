"""Decides whether a canary takes the place of the stable version.

A difference must be beyond chance before it counts against the canary, and what was observed must be enough to exclude
one that matters before it counts for it. Otherwise the judge cannot tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from scipy import stats  # type: ignore[import-untyped]

from loadtest.canary.observed import Version, agreement
from loadtest.format import number

FEWEST_REQUESTS = 1000  # to the canary: ten failures if it fails on 1 % of them, ten latencies beyond its p99
FEWEST_ROWS = 300  # answered by both versions, if there are as many: three that differ if 1 % do
CHANCE = 0.01  # p of a one-sided test, below which it is no chance that the canary is worse
SLOWER_FOR_SURE = 1.1  # the interval of the ratio of p99s lies above: the canary is slower
NOT_SLOWER = 1.3  # the interval lies below: the canary is not slower by 30 %
CONFIDENCE = 0.98
RESAMPLES = 1000


class Decision(IntEnum):
    """The values are the exit statuses of the command."""

    PROMOTE = 0
    ROLL_BACK = 1
    CANNOT_TELL = 2


@dataclass(frozen=True)
class Finding:
    """What one comparison says, and why."""

    name: str
    decision: Decision
    text: str


def judge(
    stable: Version, canary: Version, alike: float = 0.99, asked: int = FEWEST_ROWS, seed: int = 0
) -> list[Finding]:
    """Compare the versions.

    Args:
        stable: The version that serves.
        canary: The version that is to replace it.
        alike: The share of rows that both must answer alike.
        asked: How many different rows were sent.
        seed: Of the bootstrap.
    """
    random = np.random.default_rng(seed)
    return [
        failures(stable, canary),
        latency(stable, canary, random),
        answers(stable, canary, alike, min(asked, FEWEST_ROWS)),
    ]


def decide(findings: Sequence[Finding]) -> Decision:
    """Return the decision: one comparison is enough to roll back, and promotion takes all of them."""
    decisions = {finding.decision for finding in findings}
    worst_first = (Decision.ROLL_BACK, Decision.CANNOT_TELL, Decision.PROMOTE)
    return next(decision for decision in worst_first if decision in decisions)


def failures(stable: Version, canary: Version) -> Finding:
    p = chance_of_more_failures(canary.failed, canary.sent, stable.failed, stable.sent)
    text = (
        f"{number(canary.failed)} of {number(canary.sent)} requests failed, stable {number(stable.failed)} of "
        f"{number(stable.sent)} (p = {p:.2g})"
    )
    return Finding("failures", _decided(p < CHANCE, canary.sent >= FEWEST_REQUESTS), text)


def chance_of_more_failures(failed: int, sent: int, failed_before: int, sent_before: int) -> float:
    """Return how probable so many failures are if they are no more frequent than before (Fisher's exact test)."""
    table = [[failed, sent - failed], [failed_before, sent_before - failed_before]]
    return float(stats.fisher_exact(table, alternative="greater").pvalue)


def latency(stable: Version, canary: Version, random: np.random.Generator) -> Finding:
    if not len(stable.latencies) or not len(canary.latencies):
        return Finding("latency", Decision.CANNOT_TELL, "no request of one version was answered")
    low, high = interval(stable.latencies, canary.latencies, random)
    was, is_now = (float(np.quantile(version.latencies, 0.99)) for version in (stable, canary))
    text = f"p99 {number(is_now)} ms, stable {number(was)} ms: {low:.2f} to {high:.2f} times as long"
    enough = high < NOT_SLOWER and len(canary.latencies) >= FEWEST_REQUESTS
    return Finding("latency", _decided(low > SLOWER_FOR_SURE, enough), text)


def answers(stable: Version, canary: Version, alike: float, enough: int) -> Finding:
    same, rows = agreement(stable, canary)
    p = float(stats.binom.cdf(same, rows, alike)) if rows else 1.0
    text = f"{number(same)} of {number(rows)} rows are answered alike; {alike:.1%} must be (p = {p:.2g})"
    return Finding("answers", _decided(p < CHANCE, 0 < enough <= rows and same >= alike * rows), text)


def interval(
    stable: NDArray[np.float64], canary: NDArray[np.float64], random: np.random.Generator
) -> tuple[float, float]:
    """Return the bootstrap interval of the ratio of the canary's p99 to the stable version's."""
    ratios = _resampled(canary, random) / _resampled(stable, random)
    low, high = np.quantile(ratios, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def _resampled(latencies: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    """Return the p99 of each resample.

    The order statistics of a resample are those of uniform numbers, and one of these has a beta distribution, so that
    no resample needs to be drawn.
    """
    count = len(latencies)
    rank = min(count, int(np.ceil(0.99 * count)))
    places = random.beta(rank, count - rank + 1, RESAMPLES)
    found: NDArray[np.float64] = np.sort(latencies)[np.minimum(count - 1, (places * count).astype(int))]
    return found


def _decided(worse: bool, enough: bool) -> Decision:
    if worse:
        return Decision.ROLL_BACK
    return Decision.PROMOTE if enough else Decision.CANNOT_TELL
