"""Every port is open over IPv4 and IPv6, and a kernel without IPv6 is no obstacle."""

import sys
from pathlib import Path

import httpx
import pytest

from tests.served import free_port, start, wait_until_ready
from tests.server.socket import without_ipv6
from tests.server.socket.client import ROW, ask
from tests.server.socket.process import faultless

pytestmark = pytest.mark.slow

HOSTS = ("127.0.0.1", "[::1]")


def test_every_port_is_open_over_both_families(models: dict[str, str], tmp_path: Path) -> None:
    port = free_port()
    with faultless(models | {"METRICS_PORT": str(port)}, tmp_path / "log") as served:
        api = httpx.URL(served.url).port
        for host in HOSTS:
            assert httpx.post(f"http://{host}:{api}/predict", json={"x": 3, "y": -1}).status_code == 200
            assert "mlserving_requests_total" in httpx.get(f"http://{host}:{port}/metrics").text


def test_server_starts_without_ipv6(models: dict[str, str], tmp_path: Path) -> None:
    port = free_port()
    under = [sys.executable, "-m", without_ipv6.__name__]
    served = start(models | {"METRICS_PORT": str(port)}, tmp_path / "log", under=under)
    try:
        wait_until_ready(served)
        assert ask(served.url, ROW).status == 200
        assert httpx.get(f"http://127.0.0.1:{port}/metrics").status_code == 200
        with pytest.raises(httpx.ConnectError):
            httpx.get(served.url.replace("127.0.0.1", "[::1]"))
        assert served.stop() == 0
    finally:
        served.process.kill()
        served.process.wait()
