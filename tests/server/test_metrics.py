import gzip
from collections.abc import Iterator

import httpx
import pytest
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
    start_http_server,
)

from server import metrics
from server.metrics import BUCKETS, RequestMetrics
from tests.served import free_port

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
        "Time from the arrival of a request's head until its response is ready.",
        ["route"],
        buckets=BUCKETS,
        registry=theirs,
    )
    for route, status, took in SEEN:
        request_metrics.count(route, status, took)
        requests.labels(route, status).inc()
        seconds.labels(route).observe(took)
    assert generate_latest(ours) == generate_latest(theirs)


def test_a_route_begins_at_zero_and_keeps_what_was_counted() -> None:
    """Prometheus' increase() sees nothing in a series that begins at 1, so the first errors of a pod would be lost."""
    registry, requests = CollectorRegistry(), RequestMetrics()
    registry.register(requests)
    requests.count("/info", 503, 0.1)
    requests.show(["/info", "/predict"])

    def value(route: str, status: int) -> float | None:
        return registry.get_sample_value("mlserving_requests_total", {"route": route, "status": str(status)})

    assert [value("/predict", status) for status in (200, 400, 500, 503, 504)] == [0] * 5
    assert (value("/info", 503), value("/info", 200)) == (1, 0)
    assert registry.get_sample_value("mlserving_request_seconds_count", {"route": "/predict"}) == 0


# What Prometheus 3 sends.
PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


@pytest.fixture(scope="module")
def own_port() -> Iterator[str]:
    port = free_port()
    server, thread = start_http_server(port, "127.0.0.1", metrics.REGISTRY)
    yield f"http://127.0.0.1:{port}/metrics"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("encoding", ["", "identity", "gzip", "br, gzip;q=0.5"])
@pytest.mark.parametrize("accept", ["", "*/*", "text/plain;version=1.0.0", "application/openmetrics-text", PROMETHEUS])
def test_the_servers_port_negotiates_as_a_port_of_its_own_does(own_port: str, accept: str, encoding: str) -> None:
    theirs = httpx.get(own_port, headers={"accept": accept, "accept-encoding": encoding})
    body, headers = metrics.respond(b"", {b"accept": accept.encode(), b"accept-encoding": encoding.encode()})
    ours = {name.decode(): value.decode() for name, value in headers}
    assert ours.get("content-encoding") == theirs.headers.get("content-encoding")
    assert ours["content-type"] == theirs.headers["content-type"]
    text = (gzip.decompress(body) if "gzip" in encoding else body).decode()
    assert text.endswith("# EOF\n") is theirs.text.endswith("# EOF\n") is ("openmetrics" in accept)
    assert [line for line in text.splitlines() if line[0] == "#"] == [
        line for line in theirs.text.splitlines() if line[0] == "#"
    ]


def test_predictions_are_summed_under_the_names_of_the_former_system() -> None:
    registry, requests = CollectorRegistry(), RequestMetrics()
    registry.register(requests)
    requests.show(["/predict", "/predict/batch", "/info"])
    requests.sum_up(["/predict", "/predict/batch", "/predict/img"])
    assert registry.get_sample_value("request_count_total") == 0
    for route, status, took in [*SEEN, ("/predict/batch", 200, 0.5)]:
        requests.count(route, status, took)
    assert registry.get_sample_value("request_count_total") == 4
    assert registry.get_sample_value("request_processing_seconds_count") == 4
    assert registry.get_sample_value("request_processing_seconds_bucket", {"le": "0.0001"}) == 1
    assert registry.get_sample_value("request_processing_seconds_sum") == pytest.approx(0.50320001)
