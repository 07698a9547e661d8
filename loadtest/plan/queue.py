"""Predict a pod's latencies: a queue with one server, measured service times and a CPU limit.

The kernel grants a container its limit in periods of 100 ms (CFS quota). A pod with 200m that has computed for 20 ms
stands still until the next period, so its latencies rise long before its CPU is used up. At a limit of one core or
more, the same simulation agrees with the formula of Pollaczek and Khinchine; a test compares them.
"""

from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

PERIOD_MS = 100.0
REQUESTS = 20_000
SEED = 200
POINTS = 200  # quantiles that stand for a distribution
LOADS = (0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.94, 0.97, 0.99)
CLASSES = 5  # of pods, from the coolest to the hottest
NORMAL = NormalDist()

Distribution = NDArray[np.float64]  # POINTS equally likely latencies in milliseconds, rising


@dataclass(frozen=True)
class PodModel:
    """One pod.

    Attributes:
        curve: (requests per second, CPU in millicores), both rising, from rest to the rate that uses up the limit. It
            is no straight line: a busy server spends less on each request.
        cv2: Squared coefficient of variation of a request's CPU time.
        idle: Quantiles in milliseconds of the latency without a queue, rising and evenly spaced.
        limit: CPU limit in millicores.
    """

    curve: tuple[tuple[float, float], ...]
    cv2: float
    idle: tuple[float, ...]
    limit: int

    @property
    def capacity(self) -> float:
        """Requests per second that use up the limit."""
        return self.curve[-1][0]

    @property
    def cores(self) -> float:
        """Cores for requests, when busy; one request computes on one core at a time."""
        return (min(self.limit, 1000) - self.curve[0][1]) / 1000

    @cached_property
    def _axes(self) -> tuple[list[float], list[float]]:
        return [rate for rate, _ in self.curve], [cpu for _, cpu in self.curve]

    def cpu(self, rate: float) -> float:
        """Return the millicores at a rate of requests per second."""
        rates, cpus = self._axes
        place = min(max(bisect_right(rates, rate), 1), len(rates) - 1)
        share = min(1.0, (rate - rates[place - 1]) / (rates[place] - rates[place - 1]))
        return cpus[place - 1] + share * (cpus[place] - cpus[place - 1])

    def rate_at(self, millicores: float) -> float:
        """Return the rate that needs so much CPU."""
        rates, cpus = self._axes
        return float(np.interp(millicores, cpus, rates))

    def scaled(self, factor: float) -> "PodModel":
        """Return a pod whose requests cost `factor` times as much."""
        return replace(self, curve=tuple((rate / factor, cpu) for rate, cpu in self.curve))

    def latencies(self, rate: float) -> Distribution:
        """Return the distribution at a rate; above 99 % of the capacity, that of 99 %."""
        load = min(max(rate / self.capacity, LOADS[0]), LOADS[-1])
        place = int(np.searchsorted(LOADS, load))
        if place == 0:
            return self._table[0]
        share = (load - LOADS[place - 1]) / (LOADS[place] - LOADS[place - 1])
        return (1 - share) * self._table[place - 1] + share * self._table[place]

    @cached_property
    def _table(self) -> list[Distribution]:
        busy = 1000 * self.cores / self.capacity
        chance = np.random.default_rng(SEED)
        points = (np.arange(POINTS) + 0.5) / POINTS
        idle = np.quantile(self.idle, chance.random(REQUESTS))
        table = []
        for load in LOADS:
            rate = load * self.capacity
            alone = max(busy, (self.cpu(rate) - self.curve[0][1]) / rate)
            delays = waits(load, busy, alone, self.cv2, self.cores)
            table.append(np.quantile(idle + delays, points, method="higher"))
        return table


@lru_cache(maxsize=256)
def waits(load: float, cost: float, alone: float, cv2: float, cores: float) -> NDArray[np.float64]:
    """Simulate a queue and return the delay of each request in milliseconds.

    Args:
        load: Share of `cores` that is in use, below 1, if each request has to wait for others.
        cost: Mean CPU time in milliseconds of a request that has to.
        alone: The same of one that does not. A busy server spends less on each, so a pod uses up its limit, and stands
            still, at rates that it could answer if it were always busy.
        cv2: Their squared coefficient of variation, as of a gamma distribution.
        cores: CPU per period, as a share of the period; at most 1.
    """
    chance = np.random.default_rng(SEED)
    arrivals = np.cumsum(chance.exponential(cost / (load * cores), REQUESTS)).tolist()
    costs = (chance.gamma(1 / cv2, cost * cv2, REQUESTS) if cv2 > 0 else np.full(REQUESTS, cost)).tolist()
    budget = PERIOD_MS * cores
    delays = np.empty(REQUESTS)
    free, period, left = 0.0, -1, budget
    for number, (arrival, busy) in enumerate(zip(arrivals, costs, strict=True)):
        at = max(arrival, free)
        need = undone = busy if free > arrival else busy * alone / cost
        while True:
            if at >= (period + 1) * PERIOD_MS:
                period, left = int(at // PERIOD_MS), budget
            step = min(undone, left)
            left -= step
            undone -= step
            at += step
            if undone <= 0:
                break
            period, left = period + 1, budget
            at = period * PERIOD_MS
        free = at
        delays[number] = free - arrival - need
    return delays


def hottest_share(pods: int, connections: int) -> float:
    """Return the load of the hottest pod, as a multiple of the mean, that 95 of 100 deals do not exceed.

    kube-proxy deals out connections at random, so the loads spread like those of balls in boxes.
    """
    return 1 + NORMAL.inv_cdf(0.95 ** (1 / pods)) * ((pods - 1) / connections) ** 0.5 if pods > 1 else 1.0


def shares(pods: int, connections: int) -> list[float]:
    """Return the loads of equally large classes of pods, as multiples of the mean."""
    classes = min(pods, CLASSES)
    spread = ((pods - 1) / max(connections, 1)) ** 0.5
    return [max(0.0, 1 + spread * NORMAL.inv_cdf((i + 0.5) / classes)) for i in range(classes)]
