from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest

from server.metrics import BUCKETS, RequestMetrics

SEEN = [
    ("/predict", 200, 0.0001),
    ("/predict", 200, 0.00010001),
    ("/predict", 400, 0.003),
    ("/info", 200, 2.5),
    ("/info", 503, 60.0),
]


def test_request_metrics_render_like_those_of_prometheus_client() -> None:
    disable_created_metrics()  # type: ignore[no-untyped-call]  # as the server does
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    request_metrics = RequestMetrics()
    ours.register(request_metrics)
    requests = Counter("mlserving_requests", "Requests answered.", ["route", "status"], registry=theirs)
    seconds = Histogram(
        "mlserving_request_seconds",
        "Time from the request's head to its answer.",
        ["route"],
        buckets=BUCKETS,
        registry=theirs,
    )
    for route, status, took in SEEN:
        request_metrics.count(route, status, took)
        requests.labels(route, status).inc()
        seconds.labels(route).observe(took)
    assert generate_latest(ours) == generate_latest(theirs)
