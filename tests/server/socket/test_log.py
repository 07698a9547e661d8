"""The log has one short JSON line per request, without any text that the client chose."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.served import Served
from tests.server.socket.client import PROBE, ROW, Caller, ask, request, slow
from tests.server.socket.process import faultless
from tests.server.socket.scrape import eventually

pytestmark = pytest.mark.slow

SECRET = b"123456.75"
EVIL = b"\x1b[31m\x07\x08\x7f\xc2\x85\xe2\x80\xa8"


def requests_logged(served: Served) -> list[dict[str, Any]]:
    lines = map(json.loads, served.log.read_text().splitlines(keepends=True))
    return [line for line in lines if line["message"] == "request"]


@pytest.mark.parametrize(
    ("data", "route", "method", "status"),
    [
        (ROW, "/predict", "POST", 200),
        (PROBE, "/health/live", "GET", 200),
        (slow(1), "/v1/models/{model}:predict", "POST", 200),
        (request("/predict", b"{"), "/predict", "POST", 400),
        (request("/predict", method="GET"), "/predict", "GET", 405),
        (request("/v2/models/sign", method="GET"), "/v2/models/{model}", "GET", 200),
        (request("/nothing"), "unknown", "POST", 404),
    ],
)
def test_request_is_logged_as_one_line(served: Served, data: bytes, route: str, method: str, status: int) -> None:
    name = ask(served.url, data).headers["x-request-id"]

    def lines() -> list[dict[str, Any]]:
        return [line for line in requests_logged(served) if line["id"] == name]

    assert eventually(lambda: len(lines()) == 1, 1)
    (line,) = lines()
    assert list(line) == ["time", "level", "message", "route", "method", "status", "ms", "id"]
    assert (line["level"], line["route"], line["method"], line["status"]) == ("info", route, method, status)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|\+00:00)", line["time"])
    assert 0 <= line["ms"] < 1000


def test_stop_loses_no_log_lines(models: dict[str, str], tmp_path: Path) -> None:
    with faultless(models, tmp_path / "log") as served:
        before = len(requests_logged(served))
        answered = 0
        while answered < 1000:
            with Caller(served.url) as caller:
                caller.send(PROBE * (1000 - answered))
                while answered < 1000:
                    answered += 1
                    if caller.answer().closes:
                        break
    assert len(requests_logged(served)) in {before + 1000, before + 1001}


def test_hostile_requests_are_logged_in_plain_text_without_their_values(models: dict[str, str], tmp_path: Path) -> None:
    hostile = [
        request("/predict", b'{"x": %b, "y": 1}' % SECRET),
        request("/predict", b'{"x": "%b"}' % SECRET),
        request("/predict", b'{"%b": 1}' % SECRET),
        request("/v1/models/sign:predict", b'{"instances": [[%b]]}' % SECRET),
        request("/v2/models/sign/infer", b'{"id": "%b", "inputs": []}' % SECRET),
        request("/predict?key=" + SECRET.decode(), ROW[-17:]),
        request("/" + SECRET.decode()),
        request("/%0a%1b[31m" + SECRET.decode()),
        request("/v1/models/" + SECRET.decode() + ":predict", b"{}"),
        request("/health", b"", b"User-Agent: " + EVIL[2:3] + SECRET, method="GET"),
        request("/health", b"", b"A: " + EVIL + SECRET, method="GET"),
        request("/health", b"", b"X-Request-Id: " + EVIL + SECRET, method="GET"),
        request("/health", b"", b"X-Request-Id: " + b"a" * 30_000, method="GET"),
        request("/health", b"", b"Host: " + SECRET, method="GET"),
        request("/health", method="M" * 1000),
        request("/health", method="M" * 20_000),
        request("/health", method=SECRET.decode()),
        request("/" + "long" * 1000, method="GET"),
        EVIL + SECRET + b"\r\n\r\n",
        b"GET /" + EVIL + SECRET + b" HTTP/1.1\r\nHost: h\r\n\r\n",
        b'GET /","level":"error HTTP/1.1\r\nHost: h\r\n\r\n',
        b"\x16\x03\x01" + SECRET,
        SECRET * 10_000,
    ]
    with faultless(models, tmp_path / "log") as served:
        assert eventually(lambda: len(requests_logged(served)) == 1)
        for data in hostile:
            with Caller(served.url) as caller:
                caller.send(data).finish().rest()
    log = served.log.read_bytes()
    assert SECRET not in log
    assert b"long" not in log
    assert not re.search(rb"[^ -~\n]", log)
    assert len(hostile) - 4 <= len(requests_logged(served)) - 1 <= len(hostile)


def test_connection_without_a_request_is_not_logged(models: dict[str, str], tmp_path: Path) -> None:
    with faultless(models, tmp_path / "log") as served:
        assert eventually(lambda: len(requests_logged(served)) == 1)
        for data in (b"", b"GET / HTTP/1.1\r\n"):
            with Caller(served.url) as caller:
                assert caller.send(data).finish().rest() == []
    assert len(requests_logged(served)) <= 2
