"""Probes on the metrics port: they say whether the server takes requests, and do not wait behind these."""

import json
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.served import free_port, serving
from tests.server.socket.client import ROW, Caller
from tests.server.socket.scrape import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timing]

CALLERS = 60
ROWS = 300  # of each caller, sent at once: the event loop reads them in one turn


def test_probes_do_not_wait_while_the_event_loop_answers_rows(models: dict[str, str], tmp_path: Path) -> None:
    port = free_port()

    def ready() -> bool:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200

    with serving(models | {"METRICS_PORT": str(port)}, tmp_path / "log") as served, ExitStack() as stack:
        assert eventually(ready, 4)  # the event loop says so ten times a second, if it is not busy
        for caller in [stack.enter_context(Caller(served.url)).served(ROW) for _ in range(CALLERS)]:
            caller.send(ROWS * ROW)
        behind = stack.enter_context(ThreadPoolExecutor()).submit(httpx.get, f"{served.url}/health/ready", timeout=30)
        beside = 0
        while not behind.done():
            assert ready()
            beside += 1
        assert behind.result().status_code == 200
    assert beside > 3, "several were answered before the one that waited behind the rows"


def test_a_server_that_drains_after_sigterm_is_live_and_not_ready(models: dict[str, str], tmp_path: Path) -> None:
    port = free_port()
    environment = models | {"METRICS_PORT": str(port), "DRAIN_SECONDS": "5"}
    with serving(environment, tmp_path / "log") as served:

        def statuses() -> list[int]:
            return [httpx.get(f"http://127.0.0.1:{port}/health/{path}").status_code for path in ("live", "ready")]

        assert eventually(lambda: statuses() == [200, 200], 4)
        served.process.send_signal(signal.SIGTERM)
        assert eventually(lambda: statuses() == [200, 503], 4)
        assert served.process.wait(20) == 0
        assert "draining" in [json.loads(line)["message"] for line in served.log.read_text().splitlines()]
