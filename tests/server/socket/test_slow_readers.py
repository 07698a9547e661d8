"""Callers that do not take their answers are cut off; those that take them slowly are not."""

import contextlib
import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.served import Served
from tests.server.socket.client import ROW, Caller, ask, request
from tests.server.socket.process import is_connected, resident_bytes

pytestmark = [pytest.mark.slow, pytest.mark.timing]

ROWS = 170_000
BIG = request("/predict/batch", json.dumps({"instances": [[1, 1]] * ROWS}, separators=(",", ":")).encode())
INFO = request("/info", method="GET")


def read_nothing(served: Served, data: bytes) -> float:
    """Seconds until the server has forgotten a caller that only asks."""
    with Caller(served.url, receive_buffer=4096) as caller:
        caller.socket.settimeout(1)
        asked = time.monotonic()
        with contextlib.suppress(TimeoutError):  # after a while nothing of it is even read
            caller.send(data)
        while is_connected(caller):
            assert ask(served.url, ROW).status == 200
            assert time.monotonic() - asked < 20
            time.sleep(0.2)
        return time.monotonic() - asked


def read_slowly(served: Served) -> int:
    """The rows in the big answer to a caller that takes about 100 KB a second of it at first."""
    with Caller(served.url, receive_buffer=65_536) as caller:
        caller.send(BIG)
        for _ in range(70):
            time.sleep(0.2)
            caller.received += caller.socket.recv(20_000)
        return len(json.loads(caller.answer().body)["predictions"])


def test_who_reads_nothing_is_cut_off_and_who_reads_slowly_is_not(served: Served) -> None:
    ask(served.url, BIG)
    before = resident_bytes(served)
    with ThreadPoolExecutor() as pool:
        slowly = pool.submit(read_slowly, served)
        time.sleep(1)
        unread = pool.submit(read_nothing, served, BIG)
        time.sleep(1)
        unread_many = pool.submit(read_nothing, served, INFO * 100_000)
        time.sleep(3)
        assert resident_bytes(served) - before < 64 << 20
        assert 9 < unread.result() < 18
        assert unread_many.result() < 18
        assert slowly.result() == ROWS
