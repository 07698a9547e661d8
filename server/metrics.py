"""What Prometheus reads from GET /metrics."""

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from server.tally import RequestMetrics

disable_created_metrics()  # type: ignore[no-untyped-call]  # when each series began: twice as many of them

# Not the common registry: KServe's histograms there stay empty, as the door does not go through its call chain.
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)

CONTENT_TYPE = CONTENT_TYPE_LATEST.encode()
REQUESTS = RequestMetrics()
REGISTRY.register(REQUESTS)
REFUSED = Counter("mlserving_refused", "Requests refused, by what was wrong.", ["reason"], registry=REGISTRY)
IN_FLIGHT = Gauge("mlserving_requests_in_flight", "Requests being answered now.", registry=REGISTRY)
QUEUE = Gauge("mlserving_queue_length", "Predictions that wait or run off the event loop.", registry=REGISTRY)
CONNECTIONS = Gauge("mlserving_connections", "Connections open now.", registry=REGISTRY)
BATCH_ROWS = Histogram(
    "mlserving_batch_rows",
    "Rows in a prediction.",
    ["model"],
    buckets=(1, 2, 5, 10, 50, 100, 500, 1000, 5000, 10_000, 50_000),
    registry=REGISTRY,
)
MODEL = Gauge("mlserving_model_info", "The models served.", ["model", "version", "digest"], registry=REGISTRY)
WARM_UP = Gauge(
    "mlserving_model_warm_up_seconds", "Time to open the model and predict once.", ["model"], registry=REGISTRY
)


def render() -> bytes:
    """All of them in Prometheus' text format."""
    return generate_latest(REGISTRY)
