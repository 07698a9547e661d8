"""Clients that are silent or too slow are cut off. Those that pause within the limits are served."""

import select
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from server.http.timeouts import BODY_BYTES_PER_SECOND
from tests.served import Served
from tests.server.socket.client import PROBE, ROW, Caller, ask, request, slow
from tests.server.socket.scrape import Scrape, eventually
from tests.server.socket.short_timeouts import TIMEOUTS

pytestmark = [pytest.mark.slow, pytest.mark.timing]

LIMIT = TIMEOUTS.head
assert TIMEOUTS.body == LIMIT
PAUSE = 0.7 * LIMIT
DRIP = 0.2 * LIMIT
IDLE = 1.4 * LIMIT
assert LIMIT < IDLE < TIMEOUTS.idle

HEAD = b"POST /predict HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
LONG = request("/predict", b" " * 300_000 + b'{"x": 3, "y": -1}')
HALF_HEAD = HEAD[:-4]
HALF_BODY = ROW[:-4]

Sender = Callable[[Caller], None]


def once(data: bytes) -> Sender:
    def send(caller: Caller) -> None:
        caller.send(data)

    return send


def dripping(before: bytes, data: bytes, seconds: float, piece: int = 1) -> Sender:
    """Send `data` in pieces, with a pause after each, until the server sends something."""

    def send(caller: Caller) -> None:
        caller.send(before)
        for start in range(0, len(data), piece):
            caller.send(data[start : start + piece])
            if select.select([caller.socket], [], [], seconds)[0]:
                return

    return send


def paced(data: bytes, bytes_per_second: float) -> Sender:
    return dripping(b"", data, 0.1, int(bytes_per_second / 10))


def pausing(*pieces: bytes) -> Sender:
    def send(caller: Caller) -> None:
        for piece in pieces:
            caller.send(piece)
            time.sleep(PAUSE if piece is not pieces[-1] else 0)

    return send


def after_a_response(data: bytes, seconds: float = 0) -> Sender:
    def send(caller: Caller) -> None:
        caller.served(PROBE)
        time.sleep(seconds)
        caller.send(data)

    return send


@dataclass(frozen=True)
class Case:
    """What a client does, and what must come of it.

    Attributes:
        send: What the client does.
        statuses: Those of the responses that it gets.
        at_least: Seconds until its connection is closed.
        at_most: The same.
    """

    send: Sender
    statuses: tuple[int, ...]
    at_least: float = 0.9 * LIMIT
    at_most: float = LIMIT + 1.5


CLOSING = ROW.replace(b"Host: h", b"Host: h\r\nConnection: close")
LONG_CLOSING = LONG.replace(b"Host: h", b"Host: h\r\nConnection: close")
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
CONTINUED = HEAD + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"
FOR_LONG = 20  # drips last four times the limit
CASES = {
    "silent": Case(once(b""), ()),
    "one byte": Case(once(b"G"), (408,)),
    "half a head": Case(once(HALF_HEAD), (408,)),
    "a head byte by byte": Case(dripping(b"", HEAD, DRIP / 3), (408,)),
    "fields without an end": Case(dripping(HEAD, b"A: b\r\n" * 80, DRIP / 3, 6), (408,)),
    "half a body": Case(once(HALF_BODY), (408,)),
    "a body byte by byte": Case(dripping(LONG[:110], b" " * FOR_LONG, DRIP), (408,)),
    "chunks without an end": Case(dripping(CHUNKED, b"1\r\n \r\n" * FOR_LONG, DRIP, 6), (408,)),
    "half a chunk's size": Case(once(CHUNKED + b"1"), (408,)),
    "half a chunk": Case(once(CHUNKED + b"f\r\n "), (408,)),
    "no last chunk": Case(once(CHUNKED + b"1\r\n \r\n"), (408,)),
    "a trailer without an end": Case(dripping(CHUNKED, b"0\r\n" + b"A: b\r\n" * FOR_LONG, DRIP, 6), (408,)),
    "nothing after 100 Continue": Case(once(CONTINUED), (100, 408)),
    "a long body at half the pace": Case(paced(LONG, BODY_BYTES_PER_SECOND / 2), (408,), 1.6 * LIMIT, 2 * LIMIT + 2),
    "half a head after a response": Case(after_a_response(HALF_HEAD), (408,)),
    "half a body after a response": Case(after_a_response(HALF_BODY), (408,)),
    "nothing after a response": Case(after_a_response(b""), (), 0.9 * TIMEOUTS.idle, TIMEOUTS.idle + 1.5),
    "a pause before the request": Case(pausing(b"", CLOSING), (200,), 0.9 * PAUSE),
    "a pause within the head": Case(pausing(CLOSING[:30], CLOSING[30:]), (200,), 0.9 * PAUSE),
    "a pause within the body": Case(pausing(CLOSING[:-4], CLOSING[-4:]), (200,), 0.9 * PAUSE),
    "a pause within each": Case(pausing(CLOSING[:30], CLOSING[30:-4], CLOSING[-4:]), (200,), 1.8 * PAUSE),
    "a request after an idle time": Case(after_a_response(CLOSING, IDLE), (200,), 0.9 * IDLE, IDLE + 1),
    "a long body at a modest pace": Case(paced(LONG_CLOSING, 1.5 * BODY_BYTES_PER_SECOND), (200,), LIMIT, 4 * LIMIT),
}


@dataclass(frozen=True)
class Outcome:
    statuses: tuple[int, ...]
    seconds: float


@pytest.fixture(scope="module")
def outcomes(hasty: Served) -> Iterator[dict[str, Outcome]]:
    """The outcome of each case. All clients are connected at the same time."""

    def run(case: Case) -> Outcome:
        with Caller(hasty.url, timeout=20) as caller:
            opened = time.monotonic()
            case.send(caller)
            answers = caller.rest()
            return Outcome(tuple(answer.status for answer in answers), time.monotonic() - opened)

    with ThreadPoolExecutor(len(CASES)) as pool:
        running = {name: pool.submit(run, case) for name, case in CASES.items()}
        yield {name: future.result() for name, future in running.items()}


@pytest.mark.parametrize("name", CASES)
def test_slow_client_gets_408_in_time_and_pausing_client_200(outcomes: dict[str, Outcome], name: str) -> None:
    case, outcome = CASES[name], outcomes[name]
    assert outcome.statuses == case.statuses
    assert case.at_least < outcome.seconds < case.at_most


@pytest.mark.parametrize("count", [1, 500_000])
def test_empty_lines_do_not_keep_a_connection_open(hasty: Served, count: int) -> None:
    with Caller(hasty.url) as caller:
        assert [answer.status for answer in caller.send(b"\r\n" * count).rest()] in ([], [400], [408], [431])


def test_body_behind_a_slow_prediction_does_not_time_out(hasty: Served) -> None:
    """The server reads no further than it has answered, so it sees the end of the body late."""
    statuses: list[int] = []
    with Caller(hasty.url, timeout=30) as caller:
        for piece in (slow(3_500_000), ROW[:-4], ROW[-4:]):
            caller.send(piece)
            time.sleep(0.2)
        while len(statuses) < 2:
            answer = caller.answer()
            statuses.append(answer.status)
            if answer.closes:  # the server renews a connection now and then
                break
    assert set(statuses) == {200}


def test_client_that_stays_after_a_refusal_is_dropped(hasty: Served) -> None:
    def connections() -> float:
        return Scrape(hasty.url).total("mlserving_connections")

    assert eventually(lambda: connections() == 1)
    with Caller(hasty.url) as caller:
        assert [answer.status for answer in caller.send(b"nonsense\r\n\r\n").rest()] == [400]
        refused = time.monotonic()
        assert connections() == 2
        assert eventually(lambda: connections() == 1)
        assert 0.8 * TIMEOUTS.linger < time.monotonic() - refused < TIMEOUTS.linger + 1.5


def test_thousand_slow_clients_hold_nobody_up_and_are_dropped_in_time(hasty: Served, many_files: None) -> None:
    kinds = [b"", HALF_HEAD, HALF_BODY, b"G"]
    with ExitStack() as stack:
        crowd = [stack.enter_context(Caller(hasty.url)).send(kinds[number % 4]) for number in range(1000)]
        opened = time.monotonic()
        assert eventually(lambda: Scrape(hasty.url).total("mlserving_connections") >= 1000)
        stop = threading.Event()

        def drip_all() -> None:
            while not stop.wait(DRIP):
                for caller in crowd[1::4]:
                    caller.send(b"a")

        dripping = threading.Thread(target=drip_all)
        dripping.start()
        seconds: dict[bytes, list[float]] = {PROBE: [], ROW: []}
        while Scrape(hasty.url).total("mlserving_connections") > 5:
            assert time.monotonic() - opened < LIMIT + 4
            for data in (PROBE, ROW) * 5:
                began = time.monotonic()
                assert ask(hasty.url, data).status == 200
                seconds[data].append(time.monotonic() - began)
            time.sleep(0.01)
        stop.set()
        dripping.join()
        answers = [[answer.status for answer in caller.rest()] for caller in crowd]
    assert answers == [[], [408], [408], [408]] * 250
    for taken in seconds.values():
        assert len(taken) > 20
        assert statistics.median(taken) < 0.05
