"""Requests and their times, counted in plain numbers: prometheus_client's own take four times as long for each.

Counted on the event loop alone, and read from anywhere.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, float("inf"))
"""Seconds, up to and with each."""


class _OfRoute:
    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.buckets = [0] * len(BUCKETS)
        self.seconds = 0.0


class RequestMetrics(Collector):
    def __init__(self) -> None:
        self._routes: dict[str, _OfRoute] = {}

    def count(self, route: str, status: int, seconds: float) -> None:
        """route: a name of ours, of which there are not many."""
        try:
            its = self._routes[route]
        except KeyError:
            its = self._routes[route] = _OfRoute()
        its.statuses[status] += 1
        its.buckets[bisect_left(BUCKETS, seconds)] += 1
        its.seconds += seconds

    def collect(self) -> Iterator[Metric]:
        requests = CounterMetricFamily("mlserving_requests", "Requests answered.", labels=["route", "status"])
        times = HistogramMetricFamily(
            "mlserving_request_seconds", "Time from the request's head to its answer.", labels=["route"]
        )
        for route, its in list(self._routes.items()):
            for status, count in list(its.statuses.items()):
                requests.add_metric([route, str(status)], count)
            upper = map(floatToGoString, BUCKETS)
            times.add_metric([route], list(zip(upper, accumulate(its.buckets), strict=True)), its.seconds)
        yield requests
        yield times
