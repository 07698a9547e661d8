"""What Prometheus reads from GET /metrics."""

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

from server.predictor import Predictor

# Not the common registry: KServe's histograms there stay empty, as the door does not go through its call chain.
_REGISTRY = CollectorRegistry()
ProcessCollector(registry=_REGISTRY)
PlatformCollector(registry=_REGISTRY)

CONTENT_TYPE = CONTENT_TYPE_LATEST
REQUESTS = Counter("mlserving_requests", "Requests answered.", ["route", "status"], registry=_REGISTRY)
SECONDS = Histogram(
    "mlserving_request_seconds",
    "Time from the request's head to its answer.",
    ["route"],
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
    registry=_REGISTRY,
)
IN_FLIGHT = Gauge("mlserving_requests_in_flight", "Requests being answered now.", registry=_REGISTRY)
MODEL = Gauge("mlserving_model_info", "The models served.", ["model", "version", "digest"], registry=_REGISTRY)
WARM_UP = Gauge(
    "mlserving_model_warm_up_seconds", "Time to open the model and predict once.", ["model"], registry=_REGISTRY
)


def describe(predictor: Predictor) -> None:
    bundle = predictor.bundle
    MODEL.labels(predictor.name, bundle.task.version, bundle.digest[:12]).set(1)
    WARM_UP.labels(predictor.name).set(predictor.warm_up_seconds)


def render() -> bytes:
    """All of them in Prometheus' text format."""
    return generate_latest(_REGISTRY)
