"""The latencies of several pods together, as their users see them."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from loadtest.plan.queue import POINTS, Distribution, PodModel, shares

LEVELS = (np.arange(POINTS) + 0.5) / POINTS


@lru_cache(maxsize=100_000)
def latencies(pod: PodModel, rate: float, pods: float, users: int, connections: int) -> Distribution:
    """Return POINTS equally likely latencies in milliseconds, rising.

    Args:
        pod: The model of each pod.
        rate: Requests per second to all pods together.
        pods: Pods that the load is spread over; between two numbers while connections move to new pods.
        users: Users who send the next request only after the answer; 0 if the load does not wait.
        connections: Connections that kube-proxy deals out.
    """
    capacity = pods * pod.capacity
    all_wait = 1000 * users / capacity  # milliseconds in which every user is answered once
    if users and rate >= capacity:
        return np.full(POINTS, all_wait)
    parts = [pod.latencies(min(rate, capacity) / pods * share) for share in shares(max(1, round(pods)), connections)]
    together = np.quantile(np.concatenate(parts), LEVELS)
    return np.minimum(together, pod.latencies(0) + all_wait) if users else together


def pooled(parts: Sequence[tuple[Distribution, float]], q: float) -> float:
    """Return a quantile of distributions that have weights."""
    values = np.concatenate([part for part, _ in parts])
    weights = np.repeat([weight / POINTS for _, weight in parts], POINTS)
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, q * reached[-1])])
