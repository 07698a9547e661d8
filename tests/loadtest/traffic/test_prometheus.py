"""A real Prometheus, which scrapes itself each second."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from loadtest.traffic import prometheus
from loadtest.users.models import CannotRunError
from tests.loadtest.conftest import small_server
from tests.monitoring import live
from tests.served import free_port

pytestmark = pytest.mark.slow
CONFIGURATION = """
global: {{scrape_interval: 1s}}
scrape_configs: [{{job_name: itself, static_configs: [{{targets: ["127.0.0.1:{port}"]}}]}}]
"""
RATE = 'rate(prometheus_http_requests_total{handler="/-/ready"}[3s])'
REQUESTS, SECONDS = 160, 8


@dataclass(frozen=True)
class Busy:
    """A Prometheus that got REQUESTS between two times."""

    url: str
    begin: float
    end: float


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Busy]:
    folder, port = tmp_path_factory.mktemp("prometheus"), free_port()
    (folder / "prometheus.yml").write_text(CONFIGURATION.format(port=port))
    with live.prometheus(folder, port) as running, httpx.Client() as client:
        time.sleep(4)  # the first scrapes are from before the requests
        begin = time.time()
        for place in range(REQUESTS):
            time.sleep(max(0.0, begin + place * SECONDS / REQUESTS - time.time()))
            client.get(f"{running.url}/-/ready")
        end = time.time()
        time.sleep(1)
        yield Busy(running.url, begin, end)


def test_rates_of_a_range_are_read(busy: Busy) -> None:
    found = prometheus.query(busy.url, f"sum({RATE})", busy.end - 3, busy.end, 1)
    assert len(found.rates) == 4
    assert found.missing == 0
    assert sum(found.rates) / 4 == pytest.approx(REQUESTS / (busy.end - busy.begin), rel=0.2)


def test_steps_without_a_value_count_as_0_and_are_named(busy: Busy) -> None:
    found = prometheus.query(busy.url, f"sum({RATE})", busy.begin - 90, busy.end, 2)
    silent = next(place for place, rate in enumerate(found.rates) if rate)
    assert 10 < found.missing <= silent
    assert found.rates[:10] == [0] * 10


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("prometheus_http_requests_total", "must give one. Add them up"),
        ("nothing_like_this", "gives 0 series"),
        ("sum(", "refused the query: .*parse error"),
    ],
)
def test_query_that_gives_no_single_series_is_refused(busy: Busy, expression: str, sentence: str) -> None:
    with pytest.raises(CannotRunError, match=sentence):
        prometheus.query(busy.url, expression, busy.end - 5, busy.end, 1)


def test_too_many_steps_are_refused_with_the_reason_that_prometheus_gives(busy: Busy) -> None:
    with pytest.raises(CannotRunError, match="exceeded maximum resolution of 11,000 points"):
        prometheus.query(busy.url, f"sum({RATE})", busy.end - 86400, busy.end, 1)


def test_another_server_is_refused() -> None:
    with pytest.raises(CannotRunError, match="does not answer at"):
        prometheus.query(f"http://127.0.0.1:{free_port()}", "up", 0, 10, 1)
    with pytest.raises(CannotRunError, match="must be a URL"):
        prometheus.query("127.0.0.1:9090", "up", 0, 10, 1)
    with small_server() as other, pytest.raises(CannotRunError, match="not answer as Prometheus"):
        prometheus.query(other, "up", 0, 10, 1)
