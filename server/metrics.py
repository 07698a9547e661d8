"""The metrics that Prometheus reads from GET /metrics. docs/api.md describes each."""

from bisect import bisect_left
from collections import Counter as Counts
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    make_wsgi_app,
)
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from model.image.alarms import REASONS
from server.feature_counts import FeatureCounts
from server.prediction_counts import PredictionCounts
from server.response import Header, Response

# Upper bounds in seconds, inclusive. They are closest from 25 to 250 ms, where a server that is saturated answers.
BUCKETS = (
    *(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01),
    *(0.025, 0.035, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, float("inf")),
)

LAG_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, float("inf"))
USUAL_STATUSES = (200, 400, 500, 503, 504)


class _RouteTotals:
    def __init__(self) -> None:
        self.statuses: Counts[int] = Counts()
        self.buckets = [0] * len(BUCKETS)
        self.seconds = 0.0


class RequestMetrics(Collector):
    """`mlserving_requests_total` and `mlserving_request_seconds`, as plain numbers.

    Counting a request takes 0.4 µs this way, and 1.6 µs with prometheus_client's own Counter and Histogram. It is done
    on the event loop only; the totals may be read from any thread.
    """

    def __init__(self) -> None:
        self._routes: dict[str, _RouteTotals] = {}
        self._predicting: set[str] = set()

    def count(self, route: str, status: int, seconds: float) -> None:
        """Count one request. `route` must be the name of a Route, never a path that a caller sent."""
        try:
            totals = self._routes[route]
        except KeyError:
            totals = self._routes[route] = _RouteTotals()
        totals.statuses[status] += 1
        totals.buckets[bisect_left(BUCKETS, seconds)] += 1
        totals.seconds += seconds

    def show(self, routes: Iterable[str]) -> None:
        """Show routes from the start, at 0. Prometheus sees no increase in a series that begins at 1."""
        for route in routes:
            self._routes.setdefault(route, _RouteTotals()).statuses.update(dict.fromkeys(USUAL_STATUSES, 0))

    def sum_up(self, routes: Iterable[str]) -> None:
        """Show the sums over these routes, too, as `request_count_total` and `request_processing_seconds`."""
        self._predicting.update(routes)

    def collect(self) -> Iterator[Metric]:
        requests = CounterMetricFamily("mlserving_requests", "Requests answered.", labels=["route", "status"])
        times = HistogramMetricFamily(
            "mlserving_request_seconds",
            "Time from the arrival of a request's head until its response is ready.",
            labels=["route"],
        )
        for route, totals in list(self._routes.items()):
            for status, count in list(totals.statuses.items()):
                requests.add_metric([route, str(status)], count)
            upper = map(floatToGoString, BUCKETS)
            times.add_metric([route], list(zip(upper, accumulate(totals.buckets), strict=True)), totals.seconds)
        yield requests
        yield times
        if summed := [totals for route, totals in list(self._routes.items()) if route in self._predicting]:
            yield from _sums(summed)


def _sums(summed: Sequence[_RouteTotals]) -> Iterator[Metric]:
    count = sum(sum(list(totals.statuses.values())) for totals in summed)
    yield CounterMetricFamily("request_count", "Requests for predictions.", value=count)
    sizes = map(sum, zip(*(totals.buckets for totals in summed), strict=True))
    yield HistogramMetricFamily(
        "request_processing_seconds",
        "Time that requests for predictions took.",
        list(zip(map(floatToGoString, BUCKETS), accumulate(sizes), strict=True)),
        sum(totals.seconds for totals in summed),
    )


disable_created_metrics()  # type: ignore[no-untyped-call]  # a `_created` series for each would double their number

# Not the default registry: KServe's histograms there stay empty, since no request goes through its call chain.
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)

REQUESTS = RequestMetrics()
REGISTRY.register(REQUESTS)
REFUSED = Counter("mlserving_refused", "Requests refused, by what was wrong.", ["reason"], registry=REGISTRY)
ALARMS = Counter("mlserving_alarms", "Alarms beside answers for pictures.", ["model", "reason"], registry=REGISTRY)
PREDICTIONS = PredictionCounts()
REGISTRY.register(PREDICTIONS)
FEATURES = FeatureCounts()
REGISTRY.register(FEATURES)
LOOP_LAG = Histogram(
    "mlserving_loop_lag_seconds",
    "How late timers of the event loop are.",
    buckets=LAG_BUCKETS,
    registry=REGISTRY,
)
IN_FLIGHT = Gauge("mlserving_requests_in_flight", "Requests being answered now.", registry=REGISTRY)
QUEUE = Gauge("mlserving_queue_length", "Predictions that wait or run off the event loop.", registry=REGISTRY)
CONNECTIONS = Gauge("mlserving_connections", "Connections open now.", registry=REGISTRY)
BATCH_ROWS = Histogram(
    "mlserving_batch_rows",
    "Rows or pictures in a prediction.",
    ["model"],
    buckets=(1, 2, 5, 10, 50, 100, 500, 1000, 5000, 10_000, 50_000),
    registry=REGISTRY,
)
MODEL = Gauge("mlserving_model_info", "The models served.", ["model", "version", "digest"], registry=REGISTRY)
WARM_UP = Gauge(
    "mlserving_model_warm_up_seconds", "Time to open the model and predict once.", ["model"], registry=REGISTRY
)
APP = make_wsgi_app(REGISTRY)  # answers scrapes


def start_alarms(model: str) -> None:
    """Show every alarm of a model from the start, at 0, so that the rate of the first one can be seen."""
    for reason in REASONS:
        ALARMS.labels(model, reason)


def respond(_body: bytes, headers: Mapping[bytes, bytes]) -> Response:
    """Return all metrics in the format and the encoding that the headers ask for, as a port of their own does."""
    try:
        return _respond(headers)
    except TypeError:  # the version in Accept is not made of numbers; on a port of its own that is a 500
        return _respond({**headers, b"accept": b""})


def _respond(headers: Mapping[bytes, bytes]) -> Response:
    found: list[Header] = []

    def start_response(_status: str, own: list[tuple[str, str]]) -> None:
        found.extend((name.lower().encode(), value.encode("latin-1")) for name, value in own)

    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/metrics",
        "HTTP_ACCEPT": headers.get(b"accept", b"").decode("latin-1"),
        "HTTP_ACCEPT_ENCODING": headers.get(b"accept-encoding", b"").decode("latin-1"),
    }
    return Response(b"".join(APP(environ, start_response)), found)
