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
        costs = [busy * self._used(load * self.capacity) / load for load in LOADS]
        delays = [waits(load, busy, cost, self.cv2, self.cores) for load, cost in zip(LOADS, costs, strict=True)]
        return [np.quantile(idle + each, points, method="higher") for each in delays]

    def _used(self, rate: float) -> float:
        """Return the share of the CPU for requests that a rate uses."""
        rest, most = self.curve[0][1], self.curve[-1][1]
        return (self.cpu(rate) - rest) / (most - rest)


@lru_cache(maxsize=256)
def waits(load: float, busy: float, cost: float, cv2: float, cores: float) -> NDArray[np.float64]:
    """Simulate a queue and return the delay of each request in milliseconds.

    A busy server spends less on each request than one that was idle before it, so a pod uses up its limit, and stands
    still, at rates that it could answer if it were always busy.

    Args:
        load: Share of `cores` that is in use, below 1, if each request has to wait for others.
        busy: Mean CPU time in milliseconds of a request that has to.
        cost: The same of all requests; what one costs that finds the server idle follows.
        cv2: Their squared coefficient of variation, as of a gamma distribution.
        cores: CPU per period, as a share of the period; at most 1.
    """
    delays, waited = _simulate(load, busy, max(busy, cost), cv2, cores)
    if cost <= busy or waited == 1:
        return delays
    return _simulate(load, busy, (cost - waited * busy) / (1 - waited), cv2, cores)[0]


def _simulate(load: float, busy: float, alone: float, cv2: float, cores: float) -> tuple[NDArray[np.float64], float]:
    """Return the delays, and the share of the requests that waited for others."""
    chance = np.random.default_rng(SEED)
    arrivals = np.cumsum(chance.exponential(busy / (load * cores), REQUESTS)).tolist()
    needs = (chance.gamma(1 / cv2, busy * cv2, REQUESTS) if cv2 > 0 else np.full(REQUESTS, busy)).tolist()
    budget = PERIOD_MS * cores
    delays = np.empty(REQUESTS)
    free, period, left, waited = 0.0, -1, budget, 0
    for number, (arrival, behind_others) in enumerate(zip(arrivals, needs, strict=True)):
        waits_here = free > arrival
        waited += waits_here
        at = max(arrival, free)
        need = undone = behind_others if waits_here else behind_others * alone / busy
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
    return delays, waited / REQUESTS


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
