"""Says of each measure whether B is better or worse than A.

One run a side knows only how much its own seconds vary, not how much runs do. So its whole interval must lie beyond the
limit before it counts, and nothing counts if the machine was busy otherwise. From FEWEST_REPEATS runs a side on, their
own spread is known, and a permutation test decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from scipy import stats  # type: ignore[import-untyped]

from loadtest.canary.judge import CHANCE, chance_of_more_failures
from loadtest.compare.measures import Measure, collect
from loadtest.compare.runs import Repeat, warn
from loadtest.compare.statistics import Floats, bootstrap_interval, permutation_p
from loadtest.format import number

ALPHA = 0.05
FEWEST_REPEATS = 4  # a side: there are 70 ways to divide 8 runs, so that p can be less than ALPHA
FAILURES = "failed or lost"
SMALLEST_P = 0.0001  # that is written
WIDEST = 0.5  # an interval that reaches further on either side says nothing


class Word(Enum):
    WORSE = "worse"
    BETTER = "better"
    SAME = "no difference seen"
    UNKNOWN = "cannot tell"


@dataclass(frozen=True)
class Difference:
    """What became of one measure; `low` and `high` are the interval of B / A - 1, None where there is none."""

    name: str
    a: str
    b: str
    word: Word
    low: float | None = None
    high: float | None = None
    why: str = ""


def compare(a: Sequence[Repeat], b: Sequence[Repeat], worse: float, seed: int = 0) -> list[Difference]:
    """Compare all measures.

    Args:
        a: The runs of one side.
        b: Those of the other, of which is said whether it is better or worse.
        worse: The change that matters, as a share of A: 0.1.
        seed: Of the bootstrap.
    """
    measures = collect(a, b, np.random.default_rng(seed))
    repeated = min(len(a), len(b)) >= FEWEST_REPEATS
    doubt = warn(a, b) is not None
    rows = (
        _by_repeats(measures, worse)
        if repeated
        else [_by_blocks(measure, measures, worse, doubt=doubt) for measure in measures]
    )
    return [*rows, _failures(a, b)]


def overall(differences: Sequence[Difference]) -> Word:
    """Return the overall word: worse if any measure is. Equal failures alone do not make two runs the same."""
    words = {
        difference.word for difference in differences if (difference.name, difference.word) != (FAILURES, Word.SAME)
    }
    return next((word for word in (Word.WORSE, Word.BETTER, Word.SAME) if word in words), Word.UNKNOWN)


def _by_repeats(measures: Sequence[Measure], worse: float) -> list[Difference]:
    complete = [measure for measure in measures if measure.complete]
    if not complete:
        return [_incomplete(measure) for measure in measures]
    a, b = (np.array([measure.sides[side] for measure in complete]).T for side in (0, 1))
    p = dict(zip((measure.name for measure in complete), permutation_p(np.log(a), np.log(b)), strict=True))
    rows = []
    for measure in measures:
        if not measure.complete:
            rows.append(_incomplete(measure))
            continue
        before, after = (np.log(np.array(values, float)) for values in measure.sides)
        change = float(np.exp(after.mean() - before.mean()) - 1)
        low, high = _interval_of_means(before, after)
        chance = float(p[measure.name])
        if chance <= ALPHA and abs(change) >= worse:
            word = Word.WORSE if change > 0 else Word.BETTER
        else:
            word = Word.UNKNOWN if max(-low, high) > WIDEST else Word.SAME
        rows.append(_row(measure, word, low, high, _p(chance)))
    return rows


def _interval_of_means(before: Floats, after: Floats) -> tuple[float, float]:
    if before.var() + after.var() == 0:
        change = float(np.exp(after.mean() - before.mean()) - 1)
        return change, change
    found = stats.ttest_ind(after, before, equal_var=False).confidence_interval(1 - ALPHA)
    return float(np.exp(found.low) - 1), float(np.exp(found.high) - 1)


def _by_blocks(measure: Measure, measures: Sequence[Measure], worse: float, *, doubt: bool) -> Difference:
    if measure.resampled is None:
        if not measure.complete:
            return _incomplete(measure)
        return _row(measure, Word.UNKNOWN, None, None, f"takes {FEWEST_REPEATS} runs a side")
    tested = sum(other.resampled is not None for other in measures)
    low, high = bootstrap_interval(*measure.resampled, ALPHA / tested)
    if low <= 0 <= high:
        return _row(measure, Word.UNKNOWN if max(-low, high) > WIDEST else Word.SAME, low, high, "")
    if doubt:
        return _row(measure, Word.UNKNOWN, low, high, "differs, as the machine did")
    if low <= worse and high >= -worse:
        return _row(measure, Word.UNKNOWN, low, high, f"differs; {FEWEST_REPEATS} runs a side would tell")
    return _row(measure, Word.WORSE if low > 0 else Word.BETTER, low, high, "")


def _incomplete(measure: Measure) -> Difference:
    """Judge a measure that some run does not have, such as a time to hold again of a run that never did."""
    a, b = ([value is None for value in values] for values in measure.sides)
    if not any(a) and all(b):
        return _row(measure, Word.WORSE, None, None, "it happened in A only")
    if all(a) and not any(b):
        return _row(measure, Word.BETTER, None, None, "it happened in B only")
    return _row(measure, Word.UNKNOWN, None, None, "not in every run")


def _row(measure: Measure, word: Word, low: float | None, high: float | None, why: str) -> Difference:
    a, b = (_shown(values, measure.unit) for values in measure.sides)
    return Difference(measure.name, a, b, word, low, high, why)


def _shown(values: Sequence[float | None], unit: str) -> str:
    known = [value for value in values if value is not None]
    return f"{number(float(np.median(known)))} {unit}" if known else "never"


def _failures(a: Sequence[Repeat], b: Sequence[Repeat]) -> Difference:
    (failed, sent), (failed_b, sent_b) = (
        (sum(r["failed"] + r["lost"] for r in side), sum(r["sent"] for r in side))
        for side in ([repeat.figures["requests"] for repeat in repeats] for repeats in (a, b))
    )
    more = chance_of_more_failures(failed_b, sent_b, failed, sent)
    fewer = chance_of_more_failures(failed, sent, failed_b, sent_b)
    word = Word.WORSE if more < CHANCE else Word.BETTER if fewer < CHANCE else Word.SAME
    texts = [f"{number(x)} of {number(y)}" for x, y in ((failed, sent), (failed_b, sent_b))]
    return Difference(FAILURES, texts[0], texts[1], word, why=_p(min(more, fewer, 1.0)))


def _p(value: float) -> str:
    return f"p = {value:.2g}" if value >= SMALLEST_P else f"p < {SMALLEST_P:g}"
