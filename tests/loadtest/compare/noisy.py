"""Synthetic runs of a server whose latency varies: by request, by second and by run."""

from pathlib import Path

import numpy as np

from loadtest.shapes import Shape
from loadtest.users.load_second import LoadSecond
from tests.loadtest import synthetic


def folder(path: Path, seed: int, *, slower: float = 1.0, between_runs: float = 0.02, failed: int = 0) -> Path:
    """Write a run without a cluster.

    Args:
        path: Where to.
        seed: Of everything random.
        slower: By which all latencies are multiplied.
        between_runs: The standard deviation of what they are multiplied by from run to run (a lognormal).
        failed: Requests that failed, all in one second.
    """
    random = np.random.default_rng(seed)
    run = slower * random.lognormal(0, between_runs)

    def load(t: int, shape: Shape) -> LoadSecond:
        second = LoadSecond(synthetic.ZERO + t, users=shape.users_at(t), machine_busy=0.3)
        for milliseconds in random.lognormal(1, 0.3, 4 * second.users) * run * random.lognormal(0, 0.1):
            second.count_correct(milliseconds, "pod-0")
        for _ in range(failed if t == 50 else 0):
            second.count_failed("status 500", "pod-0")
        return second

    return synthetic.folder(path, load=load, cluster=None)
