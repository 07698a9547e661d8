"""/metrics agrees with the requests that were made."""

import json

import pytest

from tests.served import Served
from tests.server.socket.client import PROBE, ROW, Caller, ask, request, slow
from tests.server.socket.scrape import Scrape, eventually
from tests.server.socket.worker import busy

pytestmark = pytest.mark.slow

BATCH = request("/predict/batch", json.dumps({"instances": [[1, 1]] * 300}).encode())


def change(before: Scrape, after: Scrape, name: str, **labels: str) -> float:
    return after.total(name, **labels) - before.total(name, **labels)


@pytest.mark.parametrize(
    ("data", "route", "status", "reason"),
    [
        (ROW, "/predict", 200, None),
        (PROBE, "/health/live", 200, None),
        (slow(1), "/v1/models/{model}:predict", 200, None),
        (request("/v2/models/sign", method="GET"), "/v2/models/{model}", 200, None),
        (request("/v2/models/slow", method="GET"), "/v2/models/{model}", 200, None),
        (request("/predict", b"{"), "/predict", 400, "invalid_json"),
        (request("/nothing"), "unknown", 404, "path"),
        (request("/predict", method="GET"), "/predict", 405, "method"),
        (request("/predict", b"{}", b"Content-Encoding: br"), "/predict", 415, "media_type"),
        (request("/predict", b" " * (1 << 21)), "/predict", 413, "body"),
        (b"nonsense\r\n\r\n", "unknown", 400, "malformed"),
        (request("/health", b"", b"Host: g", method="GET"), None, 400, "malformed"),
        (request("/health", b"", b"A: " + b"a" * 40_000, method="GET"), None, 431, "head"),
        (request("/" + "a" * 9000, method="GET"), "unknown", 414, "url"),
        (slow(1, b"X-Envoy-Expected-Rq-Timeout-Ms: 0"), "/v1/models/{model}:predict", 504, "deadline"),
    ],
)
def test_request_is_counted_once_by_route_status_and_reason(
    served: Served, data: bytes, route: str | None, status: int, reason: str | None
) -> None:
    about = {"status": str(status)} | ({"route": route} if route else {})
    before = Scrape(served.url)
    for _ in range(3):
        assert ask(served.url, data).status == status
    after = Scrape(served.url)
    assert change(before, after, "mlserving_requests_total", **about) == 3
    assert change(before, after, "mlserving_requests_total") in {3, 4}  # the scrape itself is one
    assert change(before, after, "mlserving_refused_total") == (3 if reason else 0)
    assert change(before, after, "mlserving_refused_total", reason=reason or "") == (3 if reason else 0)
    if route:
        assert change(before, after, "mlserving_request_seconds_count", route=route) == 3


def test_rows_are_counted_by_model(served: Served) -> None:
    before = Scrape(served.url)
    for data in (ROW, ROW, BATCH, slow(5), request("/predict", b'{"x": 1}')):
        ask(served.url, data)
    after = Scrape(served.url)
    assert change(before, after, "mlserving_batch_rows_sum", model="sign") == 302
    assert change(before, after, "mlserving_batch_rows_count", model="sign") == 3
    assert change(before, after, "mlserving_batch_rows_sum", model="slow") == 1


def test_gauges_show_the_queue_requests_and_connections(served: Served) -> None:
    with busy(served):
        waiting = [Caller(served.url).send(slow(1)) for _ in range(7)]
        assert eventually(lambda: Scrape(served.url).total("mlserving_queue_length") == 8)
        scrape = Scrape(served.url)
        assert scrape.total("mlserving_requests_in_flight") in {8, 9}
        assert scrape.total("mlserving_connections") == 9
        for caller in waiting:
            assert caller.answer().status == 200
            caller.socket.close()
    assert eventually(lambda: Scrape(served.url).total("mlserving_queue_length") == 0)
    assert eventually(lambda: Scrape(served.url).total("mlserving_connections") == 1)


def test_request_seconds_include_the_time_in_the_queue(served: Served) -> None:
    name, route = "mlserving_request_seconds_sum", "/v1/models/{model}:predict"
    before = Scrape(served.url)
    with busy(served), Caller(served.url) as caller:
        assert caller.send(slow(1)).answer().status == 200
    assert change(before, Scrape(served.url), name, route=route) > 0.3


def test_names_labels_and_types_are_as_documented(served: Served) -> None:
    families = Scrape(served.url).families
    labels = {
        "mlserving_requests": ("counter", {"route", "status"}),
        "mlserving_request_seconds": ("histogram", {"route", "le"}),
        "mlserving_requests_in_flight": ("gauge", set()),
        "mlserving_queue_length": ("gauge", set()),
        "mlserving_refused": ("counter", {"reason"}),
        "mlserving_loop_lag_seconds": ("histogram", {"le"}),
        "mlserving_predictions": ("counter", {"model", "label"}),
        # The models served here have no statistics of their training data, so that their features have no bins.
        "mlserving_predictions_reference_ratio": ("gauge", set()),
        "mlserving_feature_values": ("counter", set()),
        "mlserving_feature_outside": ("counter", set()),
        "mlserving_feature_reference_ratio": ("gauge", set()),
        "mlserving_feature_reference_rows": ("gauge", set()),
        "mlserving_feature_critical": ("gauge", set()),
        "mlserving_alarms": ("counter", set()),  # no model of pictures is served here
        "mlserving_batch_rows": ("histogram", {"model", "le"}),
        "mlserving_connections": ("gauge", set()),
        "mlserving_model_info": ("gauge", {"model", "version", "digest"}),
        "mlserving_model_warm_up_seconds": ("gauge", {"model"}),
    }
    found = {
        name: (family.type, {label for sample in family.samples for label in sample.labels})
        for name, family in families.items()
        if name.startswith("mlserving_") and not name.endswith("_created")
    }
    assert found == labels


def test_unknown_paths_and_methods_add_no_time_series(served: Served) -> None:
    def count() -> int:
        return sum(len(family.samples) for family in Scrape(served.url).families.values())

    for number in range(3):
        ask(served.url, request(f"/{number}", method="GET"))
        ask(served.url, request("/health", method=f"M{number}"))
    before = count()
    for number in range(200):
        ask(served.url, request(f"/other/{number}?a={number}", method="GET"))
        ask(served.url, request(f"/v2/models/{number}", method="GET"))
        ask(served.url, request("/health", method=f"M{number}"))
    assert count() == before
