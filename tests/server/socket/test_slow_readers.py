"""Clients that do not take their responses are cut off. Those that take them slowly are not."""

import contextlib
import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.served import Served
from tests.server.socket.client import ROW, Caller, ask, request
from tests.server.socket.process import is_connected, resident_bytes
from tests.server.socket.short_timeouts import TIMEOUTS

pytestmark = [pytest.mark.slow, pytest.mark.timing]

ROWS = 170_000
BIG = request("/predict/batch", json.dumps({"instances": [[1, 1]] * ROWS}, separators=(",", ":")).encode())
INFO = request("/info", method="GET")


def read_nothing(served: Served, data: bytes) -> float:
    """Return the seconds until the server drops a client that sends requests and reads nothing."""
    with Caller(served.url, receive_buffer=4096) as caller:
        caller.socket.settimeout(1)
        began = time.monotonic()
        with contextlib.suppress(TimeoutError):  # the server stops reading, so not everything can be sent
            caller.send(data)
        while is_connected(caller):
            assert ask(served.url, ROW).status == 200
            assert time.monotonic() - began < TIMEOUTS.unread + 6
            time.sleep(0.1)
        return time.monotonic() - began


def read_slowly(served: Served) -> int:
    """Return the number of rows that a client gets that reads 100 KB a second for twice the timeout."""
    with Caller(served.url, receive_buffer=65_536) as caller:
        caller.send(BIG)
        began = time.monotonic()
        while time.monotonic() - began < 2 * TIMEOUTS.unread:
            time.sleep(0.2)
            caller.received += caller.socket.recv(20_000)
        return len(json.loads(caller.answer().body)["predictions"])


def test_client_that_reads_nothing_is_cut_off_and_slow_reader_is_not(hasty: Served) -> None:
    ask(hasty.url, BIG)
    before = resident_bytes(hasty)
    with ThreadPoolExecutor() as pool:
        slowly = pool.submit(read_slowly, hasty)
        time.sleep(0.3)
        unread = pool.submit(read_nothing, hasty, BIG)
        time.sleep(0.3)
        unread_many = pool.submit(read_nothing, hasty, INFO * 100_000)
        time.sleep(1.2)
        assert resident_bytes(hasty) - before < 64 << 20
        assert 0.9 * TIMEOUTS.unread < unread.result() < TIMEOUTS.unread + 4
        assert unread_many.result() < TIMEOUTS.unread + 4
        assert slowly.result() == ROWS
