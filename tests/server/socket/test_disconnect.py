"""Nothing is computed for a client that has disconnected, and nothing of it stays in memory."""

import socket
import struct

import pytest

from tests.served import Served
from tests.server.socket.client import PROBE, ROW, Caller, ask, slow
from tests.server.socket.process import open_files
from tests.server.socket.scrape import Scrape, eventually
from tests.server.socket.worker import HALF_A_SECOND, busy, rows_predicted

pytestmark = [pytest.mark.slow, pytest.mark.timing]


def gone(served: Served) -> float:
    return Scrape(served.url).total("mlserving_requests_total", status="499")


def idle(served: Served) -> bool:
    """Return whether nothing but the scrape itself is in flight."""
    scrape = Scrape(served.url)
    return scrape.total("mlserving_requests_in_flight") <= 1 and scrape.total("mlserving_queue_length") == 0


def close(caller: Caller) -> None:
    caller.socket.close()


def reset(caller: Caller) -> None:
    caller.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    caller.socket.close()


@pytest.mark.parametrize("go", [close, reset])
def test_disconnected_client_in_the_queue_costs_no_prediction(served: Served, go: object) -> None:
    assert callable(go)
    rows, files, left = rows_predicted(served), open_files(served), gone(served)
    with busy(served):
        callers = [Caller(served.url).send(slow(1)) for _ in range(10)]
        assert eventually(lambda: Scrape(served.url).total("mlserving_queue_length") == 11)
        for caller in callers:
            go(caller)
        assert eventually(lambda: gone(served) == left + 10)
    assert rows_predicted(served) == rows + 1
    assert eventually(lambda: idle(served))
    assert open_files(served) <= files + 1


def test_disconnect_frees_the_place_in_the_queue_at_once(served: Served) -> None:
    with busy(served, 6 * HALF_A_SECOND):
        for _ in range(5):  # 5 × 20 would not fit into a queue of 32
            callers = [Caller(served.url).send(slow(1)) for _ in range(20)]
            assert eventually(lambda: Scrape(served.url).total("mlserving_queue_length") == 21)
            for caller in callers:
                close(caller)
            assert eventually(lambda: Scrape(served.url).total("mlserving_queue_length") == 1)


def test_disconnect_during_the_prediction_is_counted_as_499(served: Served) -> None:
    left = gone(served)
    with Caller(served.url) as caller:
        caller.send(slow(300_000))
        assert eventually(lambda: Scrape(served.url).total("mlserving_queue_length") == 1)
    assert eventually(lambda: gone(served) == left + 1)
    assert eventually(lambda: idle(served))


def test_disconnect_in_the_body_is_counted_as_499(served: Served) -> None:
    left = gone(served)
    with Caller(served.url) as caller:
        caller.send(ROW[:-4])
        assert eventually(lambda: Scrape(served.url).total("mlserving_requests_in_flight") >= 2)
    assert eventually(lambda: gone(served) == left + 1)


def test_pipelined_requests_of_a_disconnected_client_are_not_computed(served: Served) -> None:
    rows = rows_predicted(served)
    with busy(served), Caller(served.url) as caller:
        caller.send(slow(1) * 10 + PROBE)
        assert eventually(lambda: Scrape(served.url).total("mlserving_queue_length") == 2)
    assert eventually(lambda: idle(served))
    assert rows_predicted(served) <= rows + 2


def test_thousand_disconnects_leak_no_files(served: Served) -> None:
    files = open_files(served)
    for number in range(1000):
        caller = Caller(served.url).send((slow(100), ROW, PROBE, ROW[:20])[number % 4])
        (close, reset)[number % 2](caller)
    assert eventually(lambda: idle(served))
    assert eventually(lambda: open_files(served) <= files + 1)
    assert ask(served.url, slow(7)).status == 200
