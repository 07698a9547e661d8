"""Draining and stopping with connections in every phase: requests are answered, idle connections are closed."""

import json
import signal
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.served import serving
from tests.server.socket.client import PROBE, ROW, Caller, request, slow
from tests.server.socket.process import faultless
from tests.server.socket.scrape import Scrape, eventually

pytestmark = [pytest.mark.slow, pytest.mark.timing]

REFUSED = {
    request("/nothing"): 404,
    request("/predict", method="GET"): 405,
    request("/predict", b"{"): 400,
    request("/predict", b"{}", b"Content-Encoding: br"): 415,
    request("/predict", b" " * (1 << 21)): 413,
    b"nonsense\r\n\r\n": 400,
    slow(1): 503,
}


def test_draining_server_closes_the_connection_with_each_response(models: dict[str, str], tmp_path: Path) -> None:
    with faultless(models | {"QUEUE_SIZE": "1"}, tmp_path / "log") as served, ExitStack() as stack:
        kept = [stack.enter_context(Caller(served.url)).served(PROBE) for _ in range(5)]
        queued = stack.enter_context(Caller(served.url)).send(slow(700_000))
        assert eventually(lambda: Scrape(served.url).total("mlserving_queue_length") == 1, 0.3)
        served.process.send_signal(signal.SIGUSR1)
        time.sleep(0.1)
        for data, status in ({ROW: 200, request("/health/ready", method="GET"): 200} | REFUSED).items():
            (answer,) = stack.enter_context(Caller(served.url)).send(data).rest()
            assert (answer.status, answer.closes) == (status, True)
        assert kept[0].is_open()
        for caller in kept:
            (answer,) = caller.send(ROW).rest()
            assert (answer.status, answer.closes) == (200, True)
        assert [(answer.status, answer.closes) for answer in queued.rest()] == [(200, True)]
        for _ in range(3):  # it serves until it is stopped
            (answer,) = stack.enter_context(Caller(served.url)).send(slow(1)).rest()
            assert answer.status == 200


@pytest.mark.parametrize(
    ("number", "drained"),
    [(signal.SIGTERM, False), (signal.SIGTERM, True), (signal.SIGINT, False), (signal.SIGQUIT, True)],
)
def test_stopping_server_answers_requests_that_it_has_received(
    models: dict[str, str], tmp_path: Path, number: signal.Signals, drained: bool
) -> None:
    with serving(models, tmp_path / "log") as served, ExitStack() as stack:

        def new() -> Caller:
            return stack.enter_context(Caller(served.url))

        idle = [new().served(PROBE) for _ in range(3)] + [new() for _ in range(3)]
        running = new().send(slow(500_000))
        queued = [new().send(slow(turns)) for turns in range(10)]
        half = new().send(ROW[:-4])
        assert eventually(lambda: Scrape(served.url).total("mlserving_queue_length") == 11, 0.4)
        if drained:
            served.process.send_signal(signal.SIGUSR1)
            time.sleep(0.05)
        served.process.send_signal(number)
        began = time.monotonic()
        assert all(caller.rest() == [] for caller in idle)
        assert time.monotonic() - began < 2
        half.send(ROW[-4:])
        for caller, turns in zip([running, *queued], [500_000, *range(10)], strict=True):
            (answer,) = caller.rest()
            assert (answer.status, answer.closes) == (200, True)
            assert json.loads(answer.body)["predictions"] == [turns]
        assert [answer.status for answer in half.rest()] == [200]
        with pytest.raises(ConnectionRefusedError):
            Caller(served.url)
        assert served.process.wait(5) == 0


def test_drain_seconds_after_sigterm_fail_readiness_and_close_connections(
    models: dict[str, str], tmp_path: Path
) -> None:
    probes = ["/health/ready", "/v2/health/ready", "/v2/models/slow/ready"]
    with serving(models | {"DRAIN_SECONDS": "2"}, tmp_path / "log") as served, ExitStack() as stack:
        began = time.monotonic()

        def answer(data: bytes) -> tuple[int, bool]:
            with Caller(served.url) as caller:
                (answer,) = caller.send(data).rest()
            return answer.status, answer.closes

        kept = stack.enter_context(Caller(served.url)).served(PROBE)
        served.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        for path in probes:
            assert answer(request(path, method="GET")) == (503, True)
            caller = stack.enter_context(Caller(served.url)).send(request(path, method="HEAD"))
            assert caller.answer(to_head=True).status == 503
        assert answer(request("/health/live", method="GET")) == (200, True)
        assert [(last.status, last.closes) for last in kept.send(ROW).rest()] == [(200, True)]
        while time.monotonic() < began + 1.8:
            assert answer(ROW) == (200, True)
        assert served.process.wait(5) == 0
        assert 2 < time.monotonic() - began < 4
        with pytest.raises(ConnectionRefusedError):
            Caller(served.url)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_second_signal_ends_the_drain(models: dict[str, str], tmp_path: Path, number: signal.Signals) -> None:
    with serving(models | {"DRAIN_SECONDS": "60"}, tmp_path / "log") as served:
        served.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        assert served.process.poll() is None
        assert served.stop(number, timeout=2) == 0


def test_only_sigterm_waits_for_a_balancer(models: dict[str, str], tmp_path: Path) -> None:
    with serving(models | {"DRAIN_SECONDS": "60"}, tmp_path / "log") as served:
        assert served.stop(signal.SIGINT, timeout=2) == 0


def test_unfinished_requests_do_not_delay_the_stop(models: dict[str, str], tmp_path: Path) -> None:
    with serving(models | {"GRACE_SECONDS": "2"}, tmp_path / "log") as served, ExitStack() as stack:
        callers = [
            stack.enter_context(Caller(served.url)).send(data)
            for data in (
                b"",
                ROW[:20],
                ROW[:-4],
                slow(1)[:-4],
                b"POST /predict HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n",
            )
        ]
        time.sleep(0.2)
        assert served.stop(timeout=8) == 0
        assert all(answer.status in {408, 503} for caller in callers for answer in caller.rest())


def test_requests_left_after_the_grace_period_get_503(models: dict[str, str], tmp_path: Path) -> None:
    with serving(models | {"GRACE_SECONDS": "1"}, tmp_path / "log") as served, ExitStack() as stack:
        callers = [stack.enter_context(Caller(served.url)).send(slow(1_000_000)) for _ in range(8)]
        assert eventually(lambda: Scrape(served.url).total("mlserving_queue_length") == 8, 0.5)
        began = time.monotonic()
        assert served.stop(timeout=8) == 0
        assert time.monotonic() - began < 6
        statuses = [answer.status for caller in callers for answer in caller.rest()]
        assert len(statuses) == 8
        assert set(statuses) <= {200, 503}
        assert 503 in statuses
