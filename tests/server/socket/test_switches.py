"""Paths that the environment switches on, and paths that are never served."""

from pathlib import Path

import httpx
import pytest

from tests.served import free_port, start
from tests.server.socket.client import ROW, ask, request
from tests.server.socket.process import faultless
from tests.server.socket.scrape import Scrape

pytestmark = pytest.mark.slow

UNREACHABLE = [
    ("POST", "/v2/repository/index"),
    ("POST", "/v2/repository/models/sign/load"),
    ("POST", "/v2/repository/models/sign/unload"),
    ("POST", "/v1/models/sign:explain"),
    ("POST", "/v2/models/sign/explain"),
    ("POST", "/v2/models/sign/generate"),
    ("GET", "/v2/docs"),
    ("GET", "/v2/openapi.json"),
    ("GET", "/v2/metrics"),
    ("GET", "/redoc"),
    ("GET", "/openai/v1/models"),
    ("GET", "/v2/models/sign/"),
    ("POST", "/predict/"),
    ("GET", "/health/"),
    ("GET", "//health"),
    ("GET", "/v2/models/sign/versions/1"),
]


@pytest.fixture
def plain(models: dict[str, str]) -> dict[str, str]:
    return models | {"METRICS_PORT": "", "DOCS": ""}


def test_metrics_and_docs_are_off_by_default(plain: dict[str, str], tmp_path: Path) -> None:
    switched = [("GET", "/metrics"), ("GET", "/docs"), ("GET", "/docs/swagger-ui.css"), ("GET", "/openapi.json")]
    with faultless(plain, tmp_path / "log") as served:
        for method, path in UNREACHABLE + switched:
            answer = ask(served.url, request(path, method=method))
            assert answer.status == 404, path
            assert answer.error


def test_switches_open_no_other_paths(models: dict[str, str], tmp_path: Path) -> None:
    with faultless(models, tmp_path / "log") as served:
        for path in ("/metrics", "/docs", "/openapi.json"):
            assert ask(served.url, request(path, method="GET")).status == 200
        for method, path in UNREACHABLE:
            assert ask(served.url, request(path, method=method)).status == 404, path


def test_metrics_port_serves_nothing_but_metrics(plain: dict[str, str], tmp_path: Path) -> None:
    port = free_port()
    inside = f"http://127.0.0.1:{port}"
    with faultless(plain | {"METRICS_PORT": str(port)}, tmp_path / "log") as served:
        assert ask(served.url, ROW).status == 200
        assert ask(served.url, request("/metrics", method="GET")).status == 404
        assert Scrape(inside).total("mlserving_requests_total", route="/predict", status="200") == 1
        assert "probability" not in httpx.post(f"{inside}/predict", json={"x": 3, "y": -1}).text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("QUEUE_SIZE", "0"),
        ("METRICS_PORT", "on"),
        ("DOCS", "maybe"),
    ],
)
def test_bad_setting_stops_the_start_and_is_named(plain: dict[str, str], tmp_path: Path, name: str, value: str) -> None:
    served = start(plain | {name: value}, tmp_path / "log")
    assert served.process.wait(20) == 1
    assert name in served.log.read_text()
    assert "Traceback" not in served.log.read_text()
