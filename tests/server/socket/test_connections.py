"""How many may be connected at once, and who makes way."""

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
    """Whom the test before connected has been seen off."""
    assert eventually(lambda: connections(served) <= 1)


def test_the_idle_make_way_for_who_asks(served: Served) -> None:
    with ExitStack() as stack:
        idle = [stack.enter_context(Caller(served.url)).served(PROBE) for _ in range(CAP)]
        newcomers = [stack.enter_context(Caller(served.url)).served(ROW) for _ in range(10)]
        assert connections(served) <= CAP
        assert not idle[0].is_open()
        assert all(caller.is_open(0.01) for caller in newcomers)
        still_open = sum(caller.is_open(0.001) for caller in idle)
        assert CAP - 100 < still_open < CAP
        assert idle[-1].served(ROW)


def test_who_is_answered_late_is_not_idle(served: Served) -> None:
    with ExitStack() as stack:
        asked_first = stack.enter_context(Caller(served.url)).send(ROW[:-4])
        for _ in range(CAP + 50):
            stack.enter_context(Caller(served.url))
        assert asked_first.send(ROW[-4:]).answer().status == 200


def test_when_all_are_busy_a_new_one_is_told_to_come_back(served: Served) -> None:
    with ExitStack() as stack:
        busy = [stack.enter_context(Caller(served.url)).send(ROW[:-4]) for _ in range(CAP)]
        time.sleep(0.3)
        for _ in range(3):
            (answer,) = stack.enter_context(Caller(served.url)).send(PROBE).rest()
            assert (answer.status, answer.headers["retry-after"], answer.closes) == (503, "1", True)
            assert answer.error
        assert {caller.send(ROW[-4:]).answer().status for caller in busy} == {200}
        assert ask(served.url, ROW).status == 200


def test_what_is_closed_is_given_back(served: Served) -> None:
    before = open_files(served)
    for _ in range(3):
        with ExitStack() as stack:
            for number in range(500):
                caller = stack.enter_context(Caller(served.url))
                caller.send((b"", ROW, ROW[:-4], b"nonsense\r\n\r\n", PROBE * 3)[number % 5])
    assert eventually(lambda: open_files(served) <= before)
    assert eventually(lambda: connections(served) <= 1)
    assert eventually(lambda: Scrape(served.url).total("mlserving_requests_in_flight") <= 1)


def test_the_usual_limit_of_open_files_is_no_lower_cap(models: dict[str, str], tmp_path: Path) -> None:
    """Containers and shells start a process with 1,024, which it may raise."""
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
