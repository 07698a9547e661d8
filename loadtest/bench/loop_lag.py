"""What callers wait, beside what the server's own histograms say: those of the event loop's lag and of requests.

Where clients send more than the server can read at once, they wait for that too.
"""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import httpx
from prometheus_client.parser import text_string_to_metric_families

from loadtest.bench import closed_loop
from loadtest.bench.process import Process
from loadtest.bench.request_spec import RequestSpec

CONNECTIONS = (4, 32, 128, 256, 512)
LAG, REQUESTS = "mlserving_loop_lag_seconds", "mlserving_request_seconds"

Buckets = Counter[float]  # observations up to each bound, in seconds


@dataclass(frozen=True)
class Lag:
    """The percentiles of one load, in milliseconds: of the callers, the event loop's lag, and the server's requests."""

    server: str
    connections: int
    rate: float
    p50_ms: float
    p99_ms: float
    lag_p50_ms: float
    lag_p99_ms: float
    request_p50_ms: float
    request_p99_ms: float
    failed: int


def measure(server: str, process: Process, spec: RequestSpec, seconds: int) -> Iterator[Lag]:
    """Load a server, whose metrics are on its probe port, with more and more connections."""
    url = f"http://127.0.0.1:{process.probe_port}/metrics"
    for connections in CONNECTIONS:
        before = {name: buckets(httpx.get(url).text, name) for name in (LAG, REQUESTS)}
        load = closed_loop.run_wrk(process.port, spec.http(), seconds, connections)
        text = httpx.get(url).text
        lag, requests = (buckets(text, name) - before[name] for name in (LAG, REQUESTS))
        yield Lag(
            server,
            connections,
            load.rate,
            load.p50_ms,
            load.p99_ms,
            lag_p50_ms=1e3 * quantile(0.5, lag),
            lag_p99_ms=1e3 * quantile(0.99, lag),
            request_p50_ms=1e3 * quantile(0.5, requests),
            request_p99_ms=1e3 * quantile(0.99, requests),
            failed=load.failed,
        )


def buckets(text: str, name: str) -> Buckets:
    """Read a histogram from a metrics page, summed over its labels."""
    found: Buckets = Counter()
    for family in text_string_to_metric_families(text):
        for sample in family.samples if family.name == name else ():
            if sample.name.endswith("_bucket"):
                found[float(sample.labels["le"])] += sample.value  # type: ignore[assignment]  # a whole number
    return found


def quantile(q: float, histogram: Buckets) -> float:
    """Return a quantile in seconds as Prometheus's histogram_quantile does; 0 if nothing was observed."""
    bounds = sorted(histogram)
    rank = q * max(histogram.values(), default=0)
    for (low, below), (high, up_to) in pairwise([(0.0, 0), *((bound, histogram[bound]) for bound in bounds)]):
        if rank and up_to >= rank:
            return low if math.isinf(high) else low + (high - low) * (rank - below) / (up_to - below)
    return 0.0
