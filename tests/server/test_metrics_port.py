from collections.abc import Iterator

import httpx
import pytest

from server.metrics_port import LIVE, READY, STUCK_SECONDS, MetricsPort
from tests.served import free_port


@pytest.fixture
def port() -> MetricsPort:
    return MetricsPort()


@pytest.fixture
def http(port: MetricsPort) -> Iterator[httpx.Client]:
    number = free_port()
    port.open(number)
    with httpx.Client(base_url=f"http://127.0.0.1:{number}") as client:
        yield client


def statuses(http: httpx.Client) -> tuple[int, int]:
    return http.get(LIVE).status_code, http.get(READY).status_code


def test_a_server_that_starts_is_live_and_not_ready(port: MetricsPort, http: httpx.Client) -> None:
    assert statuses(http) == (200, 503)
    port.turn(ready=True)
    assert statuses(http) == (200, 200)
    assert http.get(READY).json() == {"status": "ok"}


def test_an_event_loop_that_stopped_turning_is_neither_live_nor_ready(port: MetricsPort, http: httpx.Client) -> None:
    port.turn(ready=True)
    port.turned -= STUCK_SECONDS
    assert statuses(http) == (503, 503)
    assert http.get(LIVE).json() == {"status": "unavailable"}


def test_metrics_answers_a_scrape(http: httpx.Client) -> None:
    assert "mlserving_loop_lag_seconds" in http.get("/metrics").text


@pytest.mark.parametrize("path", ["/", "/health", "/metrics/", "/healthz"])
def test_a_probe_of_a_path_that_is_not_there_fails(port: MetricsPort, http: httpx.Client, path: str) -> None:
    port.turn(ready=True)
    refused = http.get(path)
    assert (refused.status_code, refused.json()["reason"]) == (404, "path")


@pytest.mark.parametrize("path", ["/metrics", LIVE, READY])
def test_head_is_get_without_a_body_and_no_other_method_is_taken(
    port: MetricsPort, http: httpx.Client, path: str
) -> None:
    port.turn(ready=True)
    head, posted = http.head(path), http.post(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == http.get(path).headers["content-type"]
    assert (posted.status_code, posted.json()["reason"]) == (405, "method")
    assert posted.headers["allow"] == "GET, HEAD"
