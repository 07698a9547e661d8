"""A request's duration starts on arrival, even if the server is too busy to read it."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.served import Served
from tests.server.socket.client import ROW, Caller, ask, request, slow
from tests.server.socket.scrape import Scrape
from tests.server.socket.worker import rows_predicted

pytestmark = pytest.mark.slow

STOPPED = 0.5  # seconds
CONNECTIONS = 20
LONG = "0.25"  # a bound of the histogram
BODY = b'{"x": 1, "y": 1}'


@contextmanager
def stopped(served: Served) -> Iterator[None]:
    """Keep the server from reading for a while."""
    served.process.send_signal(signal.SIGSTOP)
    try:
        yield
        time.sleep(STOPPED)
    finally:
        served.process.send_signal(signal.SIGCONT)


def long_requests(served: Served) -> float:
    """Return how many requests took longer than LONG."""
    scrape, about = Scrape(served.url), {"route": "/predict"}
    return scrape.total("mlserving_request_seconds_count", **about) - scrape.total(
        "mlserving_request_seconds_bucket", le=LONG, **about
    )


@pytest.mark.parametrize("requests", [0, 1, 3], ids="after {} requests".format)
def test_time_before_the_server_reads_a_request_counts(served: Served, requests: int) -> None:
    with Caller(served.url) as caller:
        for _ in range(requests):
            assert caller.send(ROW).answer().status == 200
        before = long_requests(served)
        with stopped(served):
            caller.send(ROW)
        assert caller.answer().status == 200
    assert long_requests(served) == before + 1


def test_connections_that_wait_to_be_accepted_count(served: Served) -> None:
    """The event loop accepts one in each turn, and only the first of these turns comes late."""
    before = long_requests(served)
    with stopped(served):
        callers = [Caller(served.url).send(ROW) for _ in range(CONNECTIONS)]
    for caller in callers:
        assert caller.answer().status == 200
        caller.socket.close()
    assert long_requests(served) == before + CONNECTIONS


def test_time_in_which_the_client_sends_nothing_does_not_count(served: Served) -> None:
    before = long_requests(served)
    with Caller(served.url) as caller:
        for _ in range(2):
            time.sleep(STOPPED)
            assert caller.send(ROW).answer().status == 200
        head, end = request("/predict", BODY)[:-20], request("/predict", BODY)[-20:]
        caller.send(head[:20])
        time.sleep(STOPPED)
        assert caller.send(head[20:] + end).answer().status == 200
    assert long_requests(served) == before


def test_deadline_that_passes_before_the_server_reads_the_request_returns_504(served: Served) -> None:
    before = rows_predicted(served)
    with Caller(served.url) as caller:
        with stopped(served):
            caller.send(slow(1, b"X-Envoy-Expected-Rq-Timeout-Ms: 200"))
        assert caller.answer().status == 504
        assert caller.send(slow(1, b"X-Envoy-Expected-Rq-Timeout-Ms: 200")).answer().status == 200
    assert rows_predicted(served) == before + 1


def test_connection_is_closed_once_after_its_wait_was_measured(served: Served) -> None:
    """If a descriptor were closed twice, the second close could hit another connection."""
    for _ in range(3):
        with Caller(served.url) as caller:
            with stopped(served):
                caller.send(ROW)
            assert caller.answer().status == 200
            assert caller.finish().socket.recv(1) == b""
        with Caller(served.url) as later:
            assert later.send(ROW).answer().status == 200
    assert ask(served.url, ROW).status == 200
