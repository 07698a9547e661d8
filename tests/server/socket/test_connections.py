"""The limit on connections, and which ones are closed to make room."""

import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.served import Served, start, wait_until_ready
from tests.server.socket.client import PROBE, ROW, Caller, ask
from tests.server.socket.process import open_files
from tests.server.socket.scrape import Scrape, eventually

pytestmark = [pytest.mark.slow, pytest.mark.timing, pytest.mark.usefixtures("many_files")]

CAP = 1024


def connections(served: Served) -> float:
    return Scrape(served.url).total("mlserving_connections")


@pytest.fixture(autouse=True)
def alone(served: Served) -> None:
    """Wait until the connections of the test before are gone."""
    assert eventually(lambda: connections(served) <= 1)


def test_oldest_idle_connections_are_closed_to_make_room(served: Served) -> None:
    with ExitStack() as stack:
        idle = [stack.enter_context(Caller(served.url)).served(PROBE) for _ in range(CAP)]
        newcomers = [stack.enter_context(Caller(served.url)).served(ROW) for _ in range(10)]
        assert connections(served) <= CAP
        assert not idle[0].is_open()
        assert all(caller.is_open(0.01) for caller in newcomers)
        still_open = sum(caller.is_open(0.001) for caller in idle)
        assert CAP - 100 < still_open < CAP
        assert idle[-1].served(ROW)


def test_connection_in_the_middle_of_a_body_is_not_evicted(served: Served) -> None:
    with ExitStack() as stack:
        in_body = stack.enter_context(Caller(served.url)).send(ROW[:-4])
        for _ in range(CAP + 50):
            stack.enter_context(Caller(served.url))
        assert in_body.send(ROW[-4:]).answer().status == 200


def test_newcomer_gets_503_with_retry_after_when_all_connections_are_busy(served: Served) -> None:
    with ExitStack() as stack:
        busy = [stack.enter_context(Caller(served.url)).send(ROW[:-4]) for _ in range(CAP)]
        time.sleep(0.3)
        for _ in range(3):
            (answer,) = stack.enter_context(Caller(served.url)).send(PROBE).rest()
            assert (answer.status, answer.headers["retry-after"], answer.closes) == (503, "1", True)
            assert answer.error
        assert {caller.send(ROW[-4:]).answer().status for caller in busy} == {200}
        assert ask(served.url, ROW).status == 200


def test_closed_connections_free_files_and_metrics(served: Served) -> None:
    before = open_files(served)
    for _ in range(3):
        with ExitStack() as stack:
            for number in range(500):
                caller = stack.enter_context(Caller(served.url))
                caller.send((b"", ROW, ROW[:-4], b"nonsense\r\n\r\n", PROBE * 3)[number % 5])
    assert eventually(lambda: open_files(served) <= before)
    assert eventually(lambda: connections(served) <= 1)
    assert eventually(lambda: Scrape(served.url).total("mlserving_requests_in_flight") <= 1)


def test_soft_limit_of_1024_open_files_is_raised(models: dict[str, str], tmp_path: Path) -> None:
    """Containers and shells usually start a process with this limit, which it may raise."""
    served = start(models, tmp_path / "log", under=["sh", "-c", 'ulimit -Sn 1024; exec "$@"', "sh"])
    try:
        wait_until_ready(served)
        with ExitStack() as stack:
            for _ in range(CAP + 10):
                stack.enter_context(Caller(served.url))
            assert ask(served.url, ROW).status == 200
        assert served.stop() == 0
    finally:
        served.process.kill()
        served.process.wait()
