"""What Prometheus reads from GET /metrics, beside KServe's own latency histograms."""

from prometheus_client import Counter, Gauge, Histogram

from server.predictor import Predictor

REQUESTS = Counter("mlserving_requests", "Requests answered.", ["route", "status"])
SECONDS = Histogram(
    "mlserving_request_seconds",
    "Time from the request's head to its answer.",
    ["route"],
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
IN_FLIGHT = Gauge("mlserving_requests_in_flight", "Requests being answered now.")
MODEL = Gauge("mlserving_model_info", "The models served.", ["model", "version", "digest"])
WARM_UP = Gauge("mlserving_model_warm_up_seconds", "Time to open the model and predict once.", ["model"])


def describe(predictor: Predictor) -> None:
    bundle = predictor.bundle
    MODEL.labels(predictor.name, bundle.task.version, bundle.digest[:12]).set(1)
    WARM_UP.labels(predictor.name).set(predictor.warm_up_seconds)
