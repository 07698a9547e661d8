"""Predict what an autoscaler and its pods would do under a traffic: many simulations, summed up as intervals."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from loadtest.plan.latency import latencies, pooled
from loadtest.plan.simulate import Deployment, History, simulate
from loadtest.traffic.table import Piece

PHASES = 400
RENEW_SECONDS = 10.0  # for which a connection lives, as with the users of the load test
CONNECTIONS_PER_POD = 40  # where the traffic does not say; as in the load test's `demo`
LEVELS = (0.05, 0.5, 0.95)
Series = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """The middle of the simulations, and the bounds that 90 of 100 keep."""

    low: float
    middle: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Interval":
        return cls(*(float(value) for value in np.quantile(list(values), LEVELS)))

    def contains(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Prediction:
    """What is expected.

    Attributes:
        t: Seconds at which the series have their points.
        replicas, ready: Rows of `low`, `middle` and `high` at each point.
        p99: Milliseconds at each point, with the middle number of ready pods.
        pod_seconds: Seconds in which pods existed.
        cpu: Mean millicores of all pods together.
        refused: Share of the requests beyond what the pods could answer.
        p50, p95, p99_all: Milliseconds over the whole traffic.
    """

    t: Series
    replicas: Series
    ready: Series
    p99: Series
    pod_seconds: Interval
    cpu: Interval
    refused: Interval
    p50: Interval
    p95: Interval
    p99_all: Interval
    histories: tuple[History, ...]

    def first_change(self, since: float, until: float, *, up: bool) -> Interval | None:
        """Return when the desired replicas first rise or fall in this time; None if most simulations see no change."""
        times = []
        for history in self.histories:
            changes = pairwise(history.desired)
            found = (t for (_, before), (t, after) in changes if since <= t < until and (after > before) == up)
            times.append(next(found, None))
        return _of_most(times)

    def first_reached(self, count: int, *, ready: bool) -> Interval | None:
        """Return when `count` pods are first asked for, or ready; None if most simulations do not get there."""
        courses = [history.ready if ready else history.desired for history in self.histories]
        return _of_most([next((t for t, pods in course if pods >= count), None) for course in courses])


def _of_most(times: Sequence[float | None]) -> Interval | None:
    seen = [t for t in times if t is not None]
    return Interval.of(seen) if len(seen) > len(times) / 2 else None


def predict(deployment: Deployment, pieces: Sequence[Piece], phases: int = PHASES, points: int = 600) -> Prediction:
    """Simulate `phases` times. The series have about `points` points."""
    histories = tuple(simulate(deployment, pieces, seed) for seed in range(phases))
    start, end = pieces[0].start, pieces[-1].end
    t = np.arange(start, end, max(1.0, (end - start) / points))
    ready = _levels(t, [history.ready for history in histories])
    answered = [_Answered(deployment, pieces, history) for history in histories]
    p50, p95, p99 = (Interval.of(one.quantile(q) for one in answered) for q in (0.5, 0.95, 0.99))
    return Prediction(
        t=t,
        replicas=_levels(t, [history.desired for history in histories]),
        ready=ready,
        p99=_p99(deployment, pieces, t, ready[1]),
        pod_seconds=Interval.of(_integral(history.pods, start, end) for history in histories),
        cpu=Interval.of(history.millicore_seconds / (end - start) for history in histories),
        refused=Interval.of(one.refused for one in answered),
        p50=p50,
        p95=p95,
        p99_all=p99,
        histories=histories,
    )


class _Answered:
    """The answers of one simulation: how often each state of the pods occurred, weighted by requests."""

    def __init__(self, deployment: Deployment, pieces: Sequence[Piece], history: History) -> None:
        self.deployment = deployment
        self.states: dict[tuple[float, float, int, int], float] = defaultdict(float)
        pods = _Spread(history.ready)
        offered = beyond = 0.0
        for piece in pieces:
            if not piece.rate:
                continue
            spread = pods.at((piece.start + piece.end) / 2)
            capacity, seconds = spread * deployment.pod.capacity, piece.end - piece.start
            answered = min(piece.rate, capacity)
            self.states[piece.rate, spread, piece.users, piece.users or round(CONNECTIONS_PER_POD * spread)] += (
                answered * seconds
            )
            offered += piece.rate * seconds
            beyond += 0 if piece.users else (piece.rate - answered) * seconds
        self.refused = beyond / offered if offered else 0.0

    def quantile(self, q: float) -> float:
        parts = [(latencies(self.deployment.pod, *state), weight) for state, weight in self.states.items()]
        return pooled(parts, q)


class _Spread:
    """Over how many pods the load is spread: connections move to a new pod within RENEW_SECONDS."""

    def __init__(self, changes: Sequence[tuple[float, int]]) -> None:
        self.times = [t for t, _ in changes]
        self.counts = [count for _, count in changes]

    def at(self, t: float) -> float:
        place = bisect_right(self.times, t) - 1
        count = max(1, self.counts[max(0, place)])
        if place < 1 or self.counts[place - 1] >= count or t - self.times[place] >= RENEW_SECONDS:
            return count
        moved = round((t - self.times[place]) / RENEW_SECONDS, 1)
        return round(1 / ((1 - moved) / max(1, self.counts[place - 1]) + moved / count), 2)


def _levels(t: Series, changes: Sequence[Sequence[tuple[float, int]]]) -> Series:
    """Return LEVELS of the step functions at the times `t`."""
    rows = np.empty((len(changes), len(t)))
    for row, steps in zip(rows, changes, strict=True):
        times, values = np.array(steps, dtype=float).T
        row[:] = values[np.maximum(0, np.searchsorted(times, t, side="right") - 1)]
    return np.quantile(rows, LEVELS, axis=0, method="nearest")


def _p99(deployment: Deployment, pieces: Sequence[Piece], t: Series, ready: Series) -> Series:
    starts = [piece.start for piece in pieces]
    values = []
    for at, pods in zip(t, ready, strict=True):
        piece = pieces[bisect_right(starts, at) - 1]
        state = (
            piece.rate,
            float(max(1.0, pods)),
            piece.users,
            piece.users or round(CONNECTIONS_PER_POD * max(1.0, pods)),
        )
        values.append(float(np.quantile(latencies(deployment.pod, *state), 0.99)))
    return np.array(values)


def _integral(steps: Sequence[tuple[float, int]], start: float, end: float) -> float:
    ends = [*(t for t, _ in steps[1:]), end]
    return sum(count * (min(after, end) - max(t, start)) for (t, count), after in zip(steps, ends, strict=True))
