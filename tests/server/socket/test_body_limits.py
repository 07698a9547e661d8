"""A body over the limit is refused before it is buffered, however its length is declared or hidden."""

import http.client
import json
from urllib.parse import urlsplit

import pytest

from tests.served import Served
from tests.server.socket.client import PROBE, ROW, Caller, ask, conversation, request
from tests.server.socket.process import resident_bytes
from tests.server.socket.scrape import Scrape, eventually

pytestmark = pytest.mark.slow

CAP = 1 << 20  # the default
HEAD = b"POST /predict HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
ROW_BODY = b'{"x": 3, "y": -1}'


def announced(length: int, sent: bytes) -> bytes:
    return HEAD + b"Content-Length: %d\r\n\r\n" % length + sent


def chunked(*chunks: bytes) -> bytes:
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(b"%x\r\n%b\r\n" % (len(c), c) for c in chunks)


def padded(size: int) -> bytes:
    """Return a valid body of `size` bytes."""
    return b" " * (size - len(ROW_BODY)) + ROW_BODY


REFUSED = {
    "a byte over the cap, all sent": announced(CAP + 1, padded(CAP + 1)),
    "a byte over the cap, nothing sent": announced(CAP + 1, b""),
    "10 MB": announced(10_000_000, b" " * 10_000_000),
    "a length of 20 digits": announced(10**19, b" " * 100),
    "one chunk over the cap": chunked(b" " * (CAP + 1)),
    "chunks over the cap, without an end": chunked(*[b" " * 10_000] * 200),
    "chunks over the cap, to the end": chunked(*[b" " * 10_000] * 200) + b"0\r\n\r\n",
    "a chunk of which 2 MB come": HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffff\r\n" + b" " * 2_000_000,
}
FRAMED = {
    "an extension": b"1;" + b"a" * 20_000_000,
    "a chunk's size": b"0" * 20_000_000,
    "extensions": b"1;abcdefghijklmnopqrstuvwxyz\r\n \r\n" * 600_000,
    "a million chunks": b"1\r\n \r\n" * (CAP - 1),
    "a trailer": b"0\r\nA: " + b"a" * 20_000_000,
    "trailers": b"0\r\n" + b"A: b\r\n" * 3_000_000,
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("piece", [0, 16 * 1024], ids=["at once", "by 16 KiB"])
def test_body_over_the_limit_gets_413_without_a_reset(served: Served, name: str, piece: int) -> None:
    with Caller(served.url) as caller:
        (answer,) = caller.send(REFUSED[name] + PROBE, piece).rest()
    assert not caller.reset
    assert (answer.status, answer.closes) == (413, True)
    assert answer.error


@pytest.mark.parametrize("name", REFUSED)
def test_request_before_a_long_body_is_answered_first(served: Served, name: str) -> None:
    assert [answer.status for answer in conversation(served.url, ROW + REFUSED[name])] == [200, 413]


@pytest.mark.parametrize("name", FRAMED)
def test_framing_of_chunks_counts_towards_the_limit(served: Served, name: str) -> None:
    """Otherwise a client could keep the server busy at the full speed of the network, or fill its memory."""
    with Caller(served.url) as caller:
        (answer,) = caller.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + FRAMED[name]).rest()
    assert answer.status in {400, 413, 431}
    assert answer.closes


@pytest.mark.parametrize("data", [announced(CAP, padded(CAP)), chunked(padded(CAP)) + b"0\r\n\r\n"])
def test_body_up_to_the_limit_is_accepted(served: Served, data: bytes) -> None:
    assert ask(served.url, data).status == 200


@pytest.mark.parametrize("path", ["/predict", "/v1/models/sign:predict", "/health", "/v2/models", "/nothing"])
def test_limit_holds_on_every_path(served: Served, path: str) -> None:
    with Caller(served.url) as caller:
        (answer,) = caller.send(request(path, b" " * (CAP + 1))).rest()
    assert answer.status == 413


def test_expect_100_continue_over_the_limit_gets_413(served: Served) -> None:
    with Caller(served.url) as caller:
        (answer,) = caller.send(HEAD + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % (CAP + 1)).rest()
    assert answer.status == 413


def test_expect_100_continue_within_the_limit_gets_100(served: Served) -> None:
    with Caller(served.url) as caller:
        interim = caller.send(HEAD + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(ROW_BODY)).answer()
        answer = caller.send(ROW_BODY).answer()
    assert [interim.status, answer.status] == [100, 200]


def test_ordinary_client_can_read_the_413(served: Served) -> None:
    """It sends the whole body before it reads. A reset meanwhile would break its pipe."""
    connection = http.client.HTTPConnection(urlsplit(served.url).netloc)
    connection.request("POST", "/predict", b" " * 3 * CAP, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    assert answer.status == 413
    assert "1048576 bytes" in json.loads(answer.read())["error"]


@pytest.mark.parametrize("data", [announced(100, b" " * 50), chunked(ROW_BODY)])
def test_half_a_body_gets_no_prediction(served: Served, data: bytes) -> None:
    before = Scrape(served.url).total("mlserving_requests_total", route="/predict", status="200")
    with Caller(served.url) as caller:
        caller.send(data).finish()
        assert [answer.status for answer in caller.rest()] in ([], [400], [408])
    assert Scrape(served.url).total("mlserving_requests_total", route="/predict", status="200") == before


@pytest.mark.timing  # it compares resident memory, which other processes disturb
def test_bodies_over_the_limit_leak_no_memory(served: Served) -> None:
    before = 0
    for number in range(300):
        if number == 100:  # the first requests warm the server up
            before = resident_bytes(served)
        data = REFUSED["10 MB" if number % 2 else "chunks over the cap, to the end"]
        assert ask(served.url, data).status == 413
    assert resident_bytes(served) - before < 8 << 20


def test_buffered_bodies_over_the_total_limit_get_503(served: Served, many_files: None) -> None:
    """The server buffers 64 MiB of unfinished bodies. What goes beyond that is refused."""
    callers = [Caller(served.url).send(announced(CAP, b" " * (CAP - 1))) for _ in range(100)]
    refused = [caller for caller in callers if not caller.is_open(0.02)]
    assert 20 <= len(refused) <= 50
    for caller in refused:
        answer = caller.answer()
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")
        assert answer.error
    assert ask(served.url, PROBE).status == 200
    for caller in callers:
        if caller not in refused:
            assert caller.send(b" ").answer().status == 400  # a body of blanks
        caller.socket.close()
    assert eventually(lambda: ask(served.url, announced(CAP, padded(CAP))).status == 200)
