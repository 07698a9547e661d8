"""How many pods keep a latency objective, what they should request, and at which utilisation to add more."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from loadtest.plan.autoscaler import SYNC_SECONDS, Policy, Rules, Settings
from loadtest.plan.capacity import SATURATED, Capacity
from loadtest.plan.predict import Interval, predict
from loadtest.plan.queue import PodModel, hottest_share
from loadtest.plan.simulate import SCRAPE_SECONDS, Deployment
from loadtest.plan.staircase import LATE_MS, cost_error, rate_within
from loadtest.traffic.table import Piece

MOST = 10_000  # pods
TOLERANCE = 0.1  # of the autoscaler: it acts at 1.1 times its target
ROUND = 10  # millicores
SPARE = 1.25  # the maximum of pods, as a multiple of those at the peak
LEAST_PODS = 2  # so that one can go without an outage
REACTION = (SCRAPE_SECONDS + SYNC_SECONDS) / 2  # seconds from a rise to the decision, on average
LEAD, HOLD = 300, 300  # seconds before and after the rise to the peak
CALM = 300  # seconds before pods go again, as Kubernetes has it


@dataclass(frozen=True)
class Demand:
    """What is asked: requests per second now, the p99 in ms, the peak as a multiple, reached within `step` seconds."""

    rate: float
    p99_ms: float
    peak: float
    step: float
    connections: int


@dataclass(frozen=True)
class Plan:
    """Attributes with an interval hold what 90 of 100 cases keep.

    Attributes:
        per_pod: Requests per second that one pod answers within the objective.
        needed, needed_at_peak: Pods without which the objective breaks.
        now, at_peak: Pods that the autoscaler keeps.
        request: Millicores.
        recovery: Seconds from the beginning of the rise until enough pods are ready.
    """

    settings: Settings
    request: int
    per_pod: Interval
    needed: Interval
    needed_at_peak: Interval
    now: Interval
    at_peak: Interval
    p50: Interval
    p99: Interval
    recovery: Interval | None


def check(capacity: Capacity, demand: Demand) -> None:
    """Raise ValueError for what the measurement does not allow to know."""
    behind = [step for step in capacity.steps if step.late_ms > LATE_MS and step.answered >= SATURATED * step.offered]
    if behind:
        raise ValueError(
            f"The load generator of the measurement fell behind at {behind[0].offered:.0f} requests/s, so the pod's "
            "latencies are not known. Measure again."
        )
    idle = float(np.quantile(capacity.idle_ms, 0.99))
    if demand.p99_ms < idle:
        raise ValueError(
            f"A p99 of {demand.p99_ms:g} ms cannot be planned: without any queue the pod's p99 was {idle:.1f} ms. "
            "A faster model or machine is needed, not more pods."
        )


def plan(capacity: Capacity, demand: Demand) -> Plan:
    """Work out the pods, and simulate the rise to the peak.

    Raises:
        ValueError: The measurement does not allow the plan; the message says why.
    """
    check(capacity, demand)
    error = cost_error(capacity.steps, capacity.rest, capacity.cost_ms)
    models = [capacity.pod.scaled(factor) for factor in (1 - error, 1.0, 1 + error)]
    top = demand.rate * demand.peak
    rates = [_best_rate(model, capacity, demand.p99_ms) for model in models]
    needed, at_peak = ([_pods(best, rate, demand) for best in rates] for rate in (demand.rate, top))
    middle = models[1]
    best = [rate / hottest_share(at_peak[1], demand.connections) for rate in rates]
    request = ROUND * math.ceil(middle.cpu(best[1]) / ROUND)
    growth = 1 + (demand.peak - 1) * min(1.0, (REACTION + capacity.start_s) / demand.step)
    usual = max(best[1] / growth, 0.1 * best[1])
    # Near its limit, a pod's CPU rises by less than its rate: a target too near would never be exceeded.
    wanted = min(middle.cpu(usual), middle.cpu(best[1]) / (1 + TOLERANCE))
    target = max(1, math.floor(100 * wanted / request))
    kept = [
        [max(LEAST_PODS, math.ceil(rate / model.rate_at(target / 100 * request))) for model in models]
        for rate in (demand.rate, top)
    ]
    now, peak = kept
    settings = _settings(target, needed[1], now[1], max(peak[1], at_peak[1]))
    deployment = Deployment(settings, middle, request, capacity.start_s, capacity.stop_s)
    return Plan(
        settings=settings,
        request=request,
        per_pod=Interval(best[2], best[1], best[0]),
        needed=Interval(*map(float, needed)),
        needed_at_peak=Interval(*map(float, at_peak)),
        now=Interval(*map(float, now)),
        at_peak=Interval(*map(float, peak)),
        p50=_latency(models, now[1], demand, 0.5),
        p99=_latency(models, now[1], demand, 0.99),
        recovery=_recovery(deployment, demand, at_peak[1]) if demand.peak > 1 else None,
    )


def _p99(model: PodModel, rate: float) -> float:
    return float(np.quantile(model.latencies(rate), 0.99)) if rate < model.capacity else math.inf


def _best_rate(model: PodModel, capacity: Capacity, p99_ms: float) -> float:
    """Return the highest rate of one pod within the objective, by the model and by the measurement."""
    low, high = 0.0, model.capacity
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if _p99(model, middle) <= p99_ms else (low, middle)
    low = min(low, rate_within(capacity.steps, p99_ms))
    if not low:
        raise ValueError(f"A p99 of {p99_ms:g} ms cannot be planned: even a pod with next to no load exceeds it.")
    return low


def _pods(best: float, rate: float, demand: Demand) -> int:
    """Return the fewest pods of which the hottest keeps the objective.

    Raises:
        ValueError: So many connections do not spread over so many pods.
    """
    return _first(lambda pods: rate / pods * hottest_share(pods, demand.connections) <= best)


def _first(holds: Callable[[int], bool]) -> int:
    count = 1
    while count < MOST:
        if holds(count):
            return count
        count += max(1, count // 100)
    raise ValueError(
        f"More than {MOST:,} pods would be needed. More connections, or a looser objective, spread the load better."
    )


def _settings(target: int, needed: int, now: int, peak: int) -> Settings:
    at_once = max(4, peak - now)
    up = Rules(0, (Policy(percent=False, value=at_once, seconds=15),))
    down = Rules(CALM, (Policy(percent=True, value=50, seconds=60),))
    return Settings(target, max(LEAST_PODS, math.ceil(SPARE * peak)), max(LEAST_PODS, needed), up, down)


def _latency(models: list[PodModel], pods: int, demand: Demand, q: float) -> Interval:
    """Return a quantile of the pods' latency: of the cheapest model on average, to the dearest on the hottest pod."""
    mean, hot = demand.rate / pods, demand.rate / pods * hottest_share(pods, demand.connections)
    cases = ((models[0], mean), (models[1], mean), (models[2], hot))
    return Interval(*(float(np.quantile(model.latencies(rate), q)) for model, rate in cases))


def _recovery(deployment: Deployment, demand: Demand, enough: int) -> Interval | None:
    """Return the seconds from the beginning of the rise until enough pods for the peak are ready."""
    begin, top = float(LEAD), demand.rate * demand.peak
    steps = max(1, round(demand.step))
    rise = [
        Piece(
            begin + i * demand.step / steps,
            begin + (i + 1) * demand.step / steps,
            demand.rate + (top - demand.rate) * (i + 0.5) / steps,
        )
        for i in range(steps)
    ]
    pieces = [Piece(0.0, begin, demand.rate), *rise, Piece(rise[-1].end, rise[-1].end + HOLD, top)]
    times = []
    for history in predict(deployment, pieces).histories:
        ready = [t for t, count in history.ready if count >= enough]
        if not ready:
            return None
        times.append(max(0.0, ready[0] - begin))
    return Interval.of(times)
