"""Under overload the server keeps its throughput and refuses the rest at once."""

import selectors
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.served import Served
from tests.server.socket.client import PROBE, ROW, Caller, ask, slow
from tests.server.socket.process import faultless
from tests.server.socket.scrape import Scrape, eventually
from tests.server.socket.worker import HALF_A_SECOND

pytestmark = [pytest.mark.slow, pytest.mark.timing]

QUEUE_SIZE = 4
TURNS = 12_000


@pytest.fixture(scope="module")
def served(models: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    log = tmp_path_factory.mktemp("log") / "server.log"
    with faultless(models | {"QUEUE_SIZE": str(QUEUE_SIZE)}, log) as served:
        yield served


@dataclass
class Load:
    """The result of an offered load.

    Attributes:
        lasted: Seconds for which it was offered.
        taken: Seconds that each response took, by status.
    """

    lasted: float
    taken: dict[int, list[float]] = field(default_factory=lambda: {200: [], 503: []})

    @property
    def goodput(self) -> float:
        """Predictions per second."""
        return len(self.taken[200]) / self.lasted


def offer(url: str, callers: int, interval: float, seconds: float = 2, turns: int = TURNS) -> Load:
    """Let each client send a request every `interval` seconds, or at once after a response that took longer."""
    load = Load(seconds)
    asked = [0.0] * callers
    began = time.monotonic()
    with ExitStack() as stack, selectors.DefaultSelector() as selector:
        crowd = [stack.enter_context(Caller(url)) for _ in range(callers)]
        due = [(began + interval * position / callers, position) for position in range(callers)]
        while (now := time.monotonic()) < began + seconds:
            for moment, position in [entry for entry in due if entry[0] <= now]:
                due.remove((moment, position))
                asked[position] = now
                crowd[position].send(slow(turns))
                selector.register(crowd[position].socket, selectors.EVENT_READ, position)
            for key, _ in selector.select(0.001):
                position = key.data
                selector.unregister(key.fileobj)
                answer = crowd[position].answer()
                load.taken[answer.status].append(time.monotonic() - asked[position])
                if answer.closes:
                    crowd[position].socket.close()
                    crowd[position].connect()
                due.append((asked[position] + interval, position))
    return load


def test_full_queue_returns_503_with_retry_after_at_once(served: Served) -> None:
    with ExitStack() as stack:
        callers = [stack.enter_context(Caller(served.url)).send(slow(HALF_A_SECOND // 4)) for _ in range(QUEUE_SIZE)]
        assert eventually(lambda: Scrape(served.url).total("mlserving_queue_length") == QUEUE_SIZE, 0.2)
        for _ in range(5):
            began = time.monotonic()
            refused = stack.enter_context(Caller(served.url)).send(slow(1))
            answer = refused.answer()
            assert time.monotonic() - began < 0.2
            assert (answer.status, answer.headers["retry-after"]) == (503, "1")
            assert answer.error
            assert answer.closes or refused.send(PROBE).answer().status == 200
        assert ask(served.url, ROW).status == 200
        assert [caller.answer().status for caller in callers] == [200] * QUEUE_SIZE
        assert ask(served.url, slow(1)).status == 200


@pytest.mark.parametrize("times", [5, 10])
def test_overload_keeps_goodput_and_quick_refusals(served: Served, times: int) -> None:
    shares: list[float] = []
    while not shares or shares[-1] <= 0.7:  # other processes on the same CPUs can cost a share
        assert len(shares) < 3, shares
        peak = offer(served.url, 2, 0).goodput
        load = offer(served.url, 10 * times, 10 / peak)
        refusal, accepted = (statistics.median(load.taken[status]) for status in (503, 200))
        shares.append(load.goodput / peak)
        print(f"{times} ×: goodput {load.goodput:.0f}/s, {shares[-1]:.0%} of {peak:.0f}/s; ", end="")
        print(f"{len(load.taken[503])} refused in {refusal * 1e3:.1f} ms, accepted in {accepted * 1e3:.0f} ms")
        assert len(load.taken[503]) > len(load.taken[200])
        assert refusal < 0.05
        assert accepted < 3 * (QUEUE_SIZE + 1) / peak
        assert eventually(lambda: ask(served.url, slow(1)).status == 200, 2)


def test_nobody_waits_much_longer_than_the_longest_wait(models: dict[str, str], tmp_path: Path) -> None:
    """The queue has places for five seconds of this work, after which no client would still be there."""
    places, longest, turns = 100, 0.3, HALF_A_SECOND // 10
    environment = models | {"QUEUE_SIZE": str(places), "MAX_WAIT_MS": str(round(longest * 1000))}
    with faultless(environment, tmp_path / "log") as served:
        service = 1 / offer(served.url, 2, 0, turns=turns).goodput
        load = offer(served.url, 60, 6 * service, turns=turns)
    accepted = statistics.quantiles(load.taken[200], n=20)[-1]
    print(f"{len(load.taken[200])} accepted, 95 % within {accepted * 1e3:.0f} ms; {len(load.taken[503])} refused")
    assert len(load.taken[503]) > len(load.taken[200])
    assert accepted < 2 * longest + 4 * service
    assert load.goodput > 0.7 / service


def test_probes_and_small_requests_stay_quick_under_overload(served: Served) -> None:
    taken = []
    with ExitStack() as stack:
        crowd = [stack.enter_context(Caller(served.url)) for _ in range(50)]
        for _ in range(20):
            for caller in crowd:
                caller.send(slow(TURNS))
            for data in (PROBE, ROW):
                began = time.monotonic()
                assert ask(served.url, data).status == 200
                taken.append(time.monotonic() - began)
            for caller in crowd:
                if caller.answer().closes:
                    caller.socket.close()
                    caller.connect()
    assert statistics.median(taken) < 0.1
