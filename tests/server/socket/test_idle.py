"""How long a connection is kept between two requests, and that the client is told."""

import http.client
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.conftest import program
from tests.served import Served
from tests.server.socket.client import PROBE, ROW, Caller, ask, request, slow
from tests.server.socket.process import faultless

pytestmark = pytest.mark.slow

CLIENT = Path(__file__).with_name("keep_alive.mjs")


@pytest.mark.parametrize("data", [ROW, PROBE, slow(1), request("/nothing"), request("/v2/models", method="GET")])
def test_response_says_how_long_the_connection_is_kept_or_that_it_closes(served: Served, data: bytes) -> None:
    answer = ask(served.url, data)
    kept = (answer.headers["connection"], answer.headers.get("keep-alive"))
    assert kept in {("keep-alive", "timeout=65"), ("close", None)}


@pytest.mark.parametrize(
    "data",
    [
        PROBE.replace(b"Host: h", b"Host: h\r\nConnection: close"),
        PROBE.replace(b"HTTP/1.1", b"HTTP/1.0"),
        b"nonsense\r\n\r\n",
    ],
)
def test_last_response_of_a_connection_promises_no_time(served: Served, data: bytes) -> None:
    answer = ask(served.url, data)
    assert (answer.headers["connection"], answer.headers.get("keep-alive")) == ("close", None)


@pytest.fixture(scope="module")
def brief(models: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that keeps idle connections for 3 s."""
    with faultless(models | {"IDLE_SECONDS": "3"}, tmp_path_factory.mktemp("log") / "log") as served:
        yield served


def test_idle_connection_is_closed_after_idle_seconds(brief: Served) -> None:
    with Caller(brief.url) as caller:
        while (answer := caller.send(PROBE).answer()).closes:
            caller.connect()
        assert answer.headers["keep-alive"] == "timeout=3"
        began = time.monotonic()
        assert caller.rest() == []
        assert 2.9 < time.monotonic() - began < 6


@pytest.mark.parametrize(("seconds", "kept"), [(0.5, "true"), (2.5, "false")])
def test_nodes_client_leaves_the_connection_before_the_server_does(brief: Served, seconds: float, kept: str) -> None:
    """Node's agent closes a connection one second before the announced timeout, so that no request meets the close."""
    command = [program("nodejs", "node", "nodejs"), str(CLIENT), brief.url, str(seconds)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == kept


def test_ordinary_client_keeps_its_connection(served: Served) -> None:
    connection = http.client.HTTPConnection(urlsplit(served.url).netloc)
    for _ in range(20):
        connection.request("GET", "/health")
        answer = connection.getresponse()
        answer.read()
        assert answer.will_close == (answer.headers["connection"] == "close")
    connection.close()
