"""Each request has an ID, the client's if it can be kept, and perhaps a trace: in the response and in the log."""

import json
import re

import pytest

from tests.served import Served
from tests.server.socket.client import PROBE, ROW, Caller, ask, request, slow
from tests.server.socket.scrape import eventually

pytestmark = pytest.mark.slow

KEPT = [
    "a",
    "0",
    "-",
    "a" * 64,
    "8f14e45f-ceea-467a-9575-6d1a2b3c4d5e",
    "a.b_c-D9",
    "q1w2/E+r=",
    "Root=1-67891233-abcdef0;Parent=53",
    "a:b,c@d{}",
    "!~",
]
REPLACED = [
    b"",
    b"a" * 65,
    b"a b",
    b"a\tb",
    b'a"b',
    b"a\\b",
    b"\xc3\xa4",
    b"\xff",
]


@pytest.mark.parametrize("name", KEPT)
@pytest.mark.parametrize("data", [ROW, PROBE, slow(1), request("/nothing"), request("/v2/models", method="GET")])
def test_plain_request_id_is_kept(served: Served, data: bytes, name: str) -> None:
    named = data.replace(b"Host: h", b"Host: h\r\nX-Request-ID: " + name.encode())
    assert ask(served.url, named).headers["x-request-id"] == name


@pytest.mark.parametrize("name", REPLACED)
def test_other_request_id_is_replaced(served: Served, name: bytes) -> None:
    answer = ask(served.url, PROBE.replace(b"Host: h", b"Host: h\r\nX-Request-Id: " + name))
    assert re.fullmatch("[0-9a-f]{16}", answer.headers["x-request-id"])


@pytest.mark.parametrize(
    "data",
    [ROW, PROBE, slow(1), request("/nothing"), b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET /" + b"a" * 9000],
)
def test_requests_without_an_id_get_different_ones(served: Served, data: bytes) -> None:
    names = {ask(served.url, data).headers["x-request-id"] for _ in range(10)}
    assert len(names) == 10
    assert all(re.fullmatch("[0-9a-f]{16}", name) for name in names)


def test_request_id_is_logged(served: Served) -> None:
    ask(served.url, PROBE.replace(b"Host: h", b"Host: h\r\nX-Request-Id: find-me"))
    made = ask(served.url, b"nonsense\r\n\r\n").headers["x-request-id"]

    def logged(name: str) -> list[int]:
        lines = map(json.loads, served.log.read_text().splitlines())
        return [line["status"] for line in lines if line.get("id") == name]

    assert eventually(lambda: logged("find-me") == [200] and logged(made) == [400])


TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENTS = [
    f"00-{TRACE}-00f067aa0ba902b7-01",
    f"00-{TRACE}-00f067aa0ba902b7-00",
    f"cc-{TRACE}-00f067aa0ba902b7-01-x.y",
]
INVALID = [
    f"00-{TRACE}-00f067aa0ba902b7-01-x",
    f"00-{TRACE}-00f067aa0ba902b7",
    f"ff-{TRACE}-00f067aa0ba902b7-01",
    f"cc-{TRACE}-00f067aa0ba902b7-01.x",
    f"00-{TRACE.upper()}-00f067aa0ba902b7-01",
    f"00-{TRACE[:-1]}-00f067aa0ba902b7-01",
    f"00-{'0' * 32}-00f067aa0ba902b7-01",
    f"00-{TRACE}-{'0' * 16}-01",
    f'00-{TRACE}-00f067aa0ba902b7-01"',
    "",
]


def traced(data: bytes, traceparent: str) -> bytes:
    return data.replace(b"Host: h", b"Host: h\r\ntraceparent: " + traceparent.encode())


@pytest.mark.parametrize("traceparent", TRACEPARENTS)
@pytest.mark.parametrize("data", [ROW, slow(1), request("/nothing"), request("/v2/models", method="GET")])
def test_trace_context_is_returned_and_logged(served: Served, data: bytes, traceparent: str) -> None:
    answer = ask(served.url, traced(data, traceparent))
    assert answer.headers["traceparent"] == traceparent

    def logged() -> list[str]:
        lines = map(json.loads, served.log.read_text().splitlines())
        return [line["trace_id"] for line in lines if line.get("id") == answer.headers["x-request-id"]]

    assert eventually(lambda: logged() == [TRACE])


@pytest.mark.parametrize("traceparent", INVALID)
def test_invalid_trace_context_is_ignored(served: Served, traceparent: str) -> None:
    answer = ask(served.url, traced(PROBE, traceparent))
    assert answer.status == 200
    assert "traceparent" not in answer.headers


def test_longest_names_fit_into_a_log_line(served: Served) -> None:
    """The fixture checks that no line has more than 300 bytes."""
    data = slow(1).replace(b"Host: h", b"Host: h\r\nX-Request-Id: " + b"=" * 64)
    assert ask(served.url, traced(data, TRACEPARENTS[0])).headers["x-request-id"] == "=" * 64


def test_requests_on_one_connection_have_different_ids(served: Served) -> None:
    with Caller(served.url) as caller:
        caller.served(PROBE.replace(b"Host: h", b"Host: h\r\nX-Request-Id: first"))
        assert caller.send(PROBE).answer().headers["x-request-id"] != "first"
