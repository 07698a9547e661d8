"""How long a connection is kept between two requests, and that the client is told."""

import http.client
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.served import Served
from tests.server.socket.client import PROBE, ROW, Caller, ask, request, slow
from tests.server.socket.process import faultless

pytestmark = pytest.mark.slow


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


def test_idle_seconds_closes_idle_connections_after_that_time(models: dict[str, str], tmp_path: Path) -> None:
    with faultless(models | {"IDLE_SECONDS": "2"}, tmp_path / "log") as served, Caller(served.url) as caller:
        while (answer := caller.send(PROBE).answer()).closes:
            caller.connect()
        assert answer.headers["keep-alive"] == "timeout=2"
        began = time.monotonic()
        assert caller.rest() == []
        assert 1.9 < time.monotonic() - began < 4


def test_ordinary_client_keeps_its_connection(served: Served) -> None:
    connection = http.client.HTTPConnection(urlsplit(served.url).netloc)
    for _ in range(20):
        connection.request("GET", "/health")
        answer = connection.getresponse()
        answer.read()
        assert answer.will_close == (answer.headers["connection"] == "close")
    connection.close()
