"""An open-loop staircase past a pod's saturation, and what its steps say about the pod."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import pstdev
from urllib.parse import urlsplit

import numpy as np

from loadtest.bench import open_loop
from loadtest.bench.open_loop import NO_RESPONSE, OpenLoop, TimedResponse
from loadtest.plan.capacity import SATURATED, Step
from loadtest.users.models import CannotRunError

STEP_SECONDS = 10.0
SETTLE_SECONDS = 2.0  # at the beginning of a step, left out
TIMEOUT = 5.0
START_RATE = 5.0
TRIES = 3
RECOVERY_SECONDS = 20.0  # after saturation: a pod whose probe failed is ready again
FINE = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1)  # of the rate at which the pod was saturated
LATE_MS = 25.0  # at the 99th percentile; a generator that sends later than this has fallen behind
OK = 200
IDLE = 0.1  # of the highest rate: up to there a request hardly ever meets another one
IDLE_POINTS = 99
BUSY = 0.2  # of the highest rate
LEAST_ERROR = 0.03  # of the CPU of a request, even where the steps agree better
QUEUE_FACTOR = 2.0  # p99 / idle p99 at which a queue has begun


@dataclass(frozen=True)
class Usage:
    """A pod's counters at one moment: CPU in core-seconds so far, and memory in bytes."""

    at: float
    cpu: float
    memory: float


@dataclass(frozen=True)
class Staircase:
    steps: tuple[Step, ...]
    idle_ms: tuple[float, ...]
    memory_mib: float


def climb(host: str, request: bytes, usage: Callable[[], Usage]) -> Staircase:
    """Double the rate until the pod is saturated, then look closer around that rate.

    Raises:
        CannotRunError: The load generator fell behind before the pod was saturated, or the pod does not answer.
    """
    steps: list[Step] = []
    latencies: list[list[float]] = []
    memory = 0.0
    for rate in _rates(steps):
        step, answered_ms, most = _try_step(host, request, rate, usage)
        memory = max(memory, most)
        steps.append(step)
        latencies.append(answered_ms)
        print(
            f"{step.offered:7.0f} requests/s  {step.answered:7.0f} answered  p99 {step.p99_ms:8.1f} ms  "
            f"{step.cpu_millicores:5.0f}m",
            flush=True,
        )
    calm = IDLE * max(step.answered for step in steps)
    idle = [ms for step, each in zip(steps, latencies, strict=True) for ms in each if step.offered <= calm]
    return Staircase(
        tuple(sorted(steps, key=lambda step: step.offered)), _quantiles(idle or latencies[0]), memory / 2**20
    )


def _try_step(host: str, request: bytes, rate: float, usage: Callable[[], Usage]) -> tuple[Step, list[float], float]:
    """Return a step, its latencies in milliseconds and the memory in bytes after it; try again if the load was late."""
    for _ in range(TRIES):
        before = usage()
        responses = _offer(host, request, rate)
        after = usage()
        kept = [response for response in responses if response.due >= SETTLE_SECONDS]
        step = _step(kept, before, after)
        if step.late_ms <= LATE_MS or step.answered < SATURATED * step.offered:
            return step, _latencies(kept), after.memory
    raise CannotRunError(
        f"The load generator fell behind at {rate:.0f} requests/s ({step.late_ms:.0f} ms late at the 99th percentile, "
        f"in {TRIES} attempts), so the pod's latencies are not known. Lower the pod's CPU limit, or measure from a "
        "machine with less to do."
    )


def _rates(steps: Sequence[Step]) -> Iterator[float]:
    rate = START_RATE
    while not steps or steps[-1].answered >= SATURATED * steps[-1].offered:
        yield rate
        rate *= 2
    limit = max(step.answered for step in steps)
    time.sleep(RECOVERY_SECONDS)
    for share in FINE:
        yield share * limit


def _offer(host: str, request: bytes, rate: float) -> list[TimedResponse]:
    url = urlsplit(host)
    loop = OpenLoop(request, rate, TIMEOUT, poisson=True)
    (responses,) = open_loop.run(url.port or 80, [loop], STEP_SECONDS, url.hostname or "")
    if all(response.status == NO_RESPONSE for response in responses):
        raise CannotRunError(f"{host} did not answer any of {len(responses)} requests.")
    return responses


def _step(responses: Sequence[TimedResponse], before: Usage, after: Usage) -> Step:
    seconds = STEP_SECONDS - SETTLE_SECONDS
    latencies = _latencies(responses) or [1000 * TIMEOUT]
    p50, p95, p99 = np.quantile(latencies, (0.5, 0.95, 0.99))
    return Step(
        offered=round(len(responses) / seconds, 1),
        answered=round(sum(response.status == OK for response in responses) / seconds, 1),
        refused=round(sum(response.status not in (OK, NO_RESPONSE) for response in responses) / seconds, 1),
        p50_ms=round(float(p50), 2),
        p95_ms=round(float(p95), 2),
        p99_ms=round(float(p99), 2),
        cpu_millicores=round(1000 * (after.cpu - before.cpu) / (after.at - before.at), 1),
        late_ms=round(1000 * float(np.quantile([response.late for response in responses], 0.99)), 2),
    )


def _latencies(responses: Sequence[TimedResponse]) -> list[float]:
    """Return milliseconds from when a request was due to its answer."""
    return [1000 * (response.seconds + response.late) for response in responses if response.status == OK]


def _quantiles(latencies: Sequence[float]) -> tuple[float, ...]:
    levels = (np.arange(IDLE_POINTS) + 0.5) / IDLE_POINTS
    return tuple(round(float(value), 3) for value in np.quantile(latencies, levels))


def cost_ms(steps: Sequence[Step], rest: float) -> float:
    """Return the CPU milliseconds of a request: the line through the CPU at rest that fits the unsaturated steps best.

    Raises:
        CannotRunError: The steps show no cost.
    """
    fit = [step for step in steps if step.answered >= SATURATED * step.offered]
    squares = sum(step.answered**2 for step in fit)
    cost = sum((step.cpu_millicores - rest) * step.answered for step in fit) / squares if squares else 0.0
    if cost <= 0:
        raise CannotRunError("The pod used no measurable CPU for its answers, so nothing can be planned from it.")
    return cost


def cost_error(steps: Sequence[Step], rest: float, cost: float) -> float:
    """Return by which share the CPU of a request differs between the steps that are busy but not saturated."""
    busy = BUSY * max(step.answered for step in steps)
    fit = [step for step in steps if busy < step.answered and step.answered >= SATURATED * step.offered]
    costs = [(step.cpu_millicores - rest) / step.answered for step in fit]
    return max(LEAST_ERROR, pstdev(costs) / cost) if costs else 1.0


def cost_cv2(idle_ms: Sequence[float], cost: float) -> float:
    """Return the squared coefficient of variation of the service time, at most that of an exponential one.

    The latency without a queue varies by at least as much as the service time, so that this is an upper bound.
    """
    return min(1.0, float(np.var(idle_ms)) / cost**2)


def rate_within(steps: Sequence[Step], objective_ms: float) -> float:
    """Return the highest offered rate that was answered, below the first step whose p99 broke the objective."""
    best = 0.0
    for step in steps:
        if step.p99_ms > objective_ms:
            break
        if step.answered >= SATURATED * step.offered:
            best = step.offered
    return best


def queue_begins(steps: Sequence[Step]) -> float | None:
    """Return the first offered rate whose p99 is QUEUE_FACTOR times that of the slowest step."""
    return next((step.offered for step in steps if step.p99_ms > QUEUE_FACTOR * steps[0].p99_ms), None)
