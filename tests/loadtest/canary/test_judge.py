"""Simulated canaries: each fault is caught, and an equal canary passes in at least 19 of 20 runs."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from loadtest.canary.judge import Decision, Finding, decide, interval, judge
from loadtest.canary.observed import Version, agreement

SENT = 12_000  # 40 requests a second for five minutes
SHARE = 0.25
ROWS = 500
RUNS = 100


def simulated(
    random: np.random.Generator,
    count: int,
    slower: float = 1.0,
    failing: float = 0.0,
    different: float = 0.0,
    spread: float = 0.4,
) -> Version:
    """Return a version with log-normal latencies of 4 ms in the middle; `spread` is of their logarithm."""
    failed = int(random.binomial(count, failing))
    latencies = slower * random.lognormal(np.log(4), spread, count - failed)
    changed = random.random(ROWS) < different
    return Version(failed, latencies, {row: "other" if changed[row] else "same" for row in range(ROWS)})


def decisions(make: Callable[[np.random.Generator, int], Version]) -> list[Decision]:
    found = []
    for seed in range(RUNS):
        random = np.random.default_rng(seed)
        canary = int(random.binomial(SENT, SHARE))
        stable = simulated(random, SENT - canary)
        found.append(decide(judge(stable, make(random, canary), seed=seed)))
    return found


def test_an_equal_canary_is_promoted_in_19_of_20_runs() -> None:
    assert decisions(simulated).count(Decision.PROMOTE) >= 0.95 * RUNS


FAULTS: Mapping[str, Callable[[np.random.Generator, int], Version]] = {
    "slower by 30 %": lambda random, count: simulated(random, count, slower=1.3),
    "fails on 1 % of requests": lambda random, count: simulated(random, count, failing=0.01),
    "answers 5 % of rows differently": lambda random, count: simulated(random, count, different=0.05),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_caught_in_every_run(fault: str) -> None:
    assert set(decisions(FAULTS[fault])) == {Decision.ROLL_BACK}


def names(findings: list[Finding], decision: Decision) -> list[str]:
    return [finding.name for finding in findings if finding.decision is decision]


def test_what_was_observed_too_little_of_cannot_be_told() -> None:
    random = np.random.default_rng(0)
    stable = simulated(random, 3000)
    few = simulated(random, 300)
    assert names(judge(stable, few), Decision.CANNOT_TELL) == ["failures", "latency"]
    nothing = Version(0, np.array([]))
    assert names(judge(stable, nothing), Decision.CANNOT_TELL) == ["failures", "latency", "answers"]
    assert decide(judge(nothing, nothing)) is Decision.CANNOT_TELL


def test_a_canary_that_fails_always_is_rolled_back_however_few_its_requests() -> None:
    stable = simulated(np.random.default_rng(0), 3000)
    assert decide(judge(stable, Version(20, np.array([])))) is Decision.ROLL_BACK


def test_failures_that_both_versions_have_do_not_count_against_the_canary() -> None:
    random = np.random.default_rng(0)
    stable, canary = (simulated(random, count, failing=0.02) for count in (9000, 3000))
    assert decide(judge(stable, canary)) is Decision.PROMOTE


def test_an_allowance_lets_a_better_model_answer_differently() -> None:
    random = np.random.default_rng(0)
    stable, canary = simulated(random, 9000), simulated(random, 3000, different=0.05)
    assert decide(judge(stable, canary, alike=0.9)) is Decision.PROMOTE


def test_only_rows_that_both_answered_are_compared() -> None:
    stable = Version(0, np.ones(3), {1: "a", 2: "b", 3: "c"})
    canary = Version(0, np.ones(2), {2: "b", 3: "x", 4: "d"})
    assert agreement(stable, canary) == (1, 2)


def test_the_interval_is_that_of_resampling() -> None:
    random = np.random.default_rng(0)
    stable, canary = random.lognormal(0, 0.5, 4000), random.lognormal(0.1, 0.5, 1500)

    def p99s(latencies: np.ndarray) -> np.ndarray:
        ranks = int(np.ceil(0.99 * len(latencies))) - 1
        resamples = random.choice(latencies, (1000, len(latencies)))
        return np.sort(resamples, axis=1)[:, ranks]

    drawn = np.quantile(p99s(canary) / p99s(stable), [0.01, 0.99])
    assert interval(stable, canary, random) == pytest.approx(drawn, rel=0.02)
