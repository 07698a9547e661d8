"""Callers that are slow or silent are shown the door, those that are merely not quick are served."""

import select
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.served import Served
from tests.server.socket.client import PROBE, ROW, Caller, ask, request
from tests.server.socket.scrape import Scrape, eventually

pytestmark = [pytest.mark.slow, pytest.mark.timing]

HEAD = b"POST /predict HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
LONG = request("/predict", b" " * 800_000 + b'{"x": 3, "y": -1}')
HALF_HEAD = HEAD[:-4]
HALF_BODY = ROW[:-4]


Sender = Callable[[Caller], None]


def once(data: bytes) -> Sender:
    def send(caller: Caller) -> None:
        caller.send(data)

    return send


def dripping(before: bytes, data: bytes, seconds: float, piece: int = 1) -> Sender:
    """`data` piece by piece, so many seconds apart, until the server says something."""

    def send(caller: Caller) -> None:
        caller.send(before)
        for start in range(0, len(data), piece):
            caller.send(data[start : start + piece])
            if select.select([caller.socket], [], [], seconds)[0]:
                return

    return send


def pausing(*pieces: bytes) -> Sender:
    def send(caller: Caller) -> None:
        for piece in pieces:
            caller.send(piece)
            time.sleep(3.5 if piece is not pieces[-1] else 0)

    return send


def after_an_answer(data: bytes, seconds: float = 0) -> Sender:
    def send(caller: Caller) -> None:
        caller.served(PROBE)
        time.sleep(seconds)
        caller.send(data)

    return send


@dataclass(frozen=True)
class Case:
    """send: what the caller does; statuses: of the answers it gets; at_least, at_most: seconds until it is closed."""

    send: Sender
    statuses: tuple[int, ...]
    at_least: float = 4
    at_most: float = 9


CLOSING = ROW.replace(b"Host: h", b"Host: h\r\nConnection: close")
LONG_CLOSING = LONG.replace(b"Host: h", b"Host: h\r\nConnection: close")
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
CONTINUED = HEAD + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"
CASES = {
    "it says nothing": Case(once(b""), ()),
    "it sends a byte": Case(once(b"G"), (408,)),
    "it sends half a head": Case(once(HALF_HEAD), (408,)),
    "it sends a head byte by byte": Case(dripping(b"", HEAD, 0.2), (408,)),
    "it sends fields without an end": Case(dripping(HEAD, b"A: b\r\n" * 80, 0.1, 6), (408,)),
    "it sends half a body": Case(once(HALF_BODY), (408,)),
    "it sends a body of a byte a second": Case(dripping(LONG[:110], b" " * 20, 1), (408,)),
    "it sends a chunk a second": Case(dripping(CHUNKED, b"1\r\n \r\n" * 20, 1, 6), (408,)),
    "it sends half a chunk's size": Case(once(CHUNKED + b"1"), (408,)),
    "it sends a chunk without an end": Case(once(CHUNKED + b"f\r\n "), (408,)),
    "it sends no last chunk": Case(once(CHUNKED + b"1\r\n \r\n"), (408,)),
    "it sends a trailer without an end": Case(dripping(CHUNKED, b"0\r\n" + b"A: b\r\n" * 20, 1, 6), (408,)),
    "it does not go on after 100 Continue": Case(once(CONTINUED), (100, 408)),
    "it sends a long body at half the pace": Case(dripping(b"", LONG, 0.5, 16_384), (408,), 8, 14),
    "it sends half a head after an answer": Case(after_an_answer(HALF_HEAD), (408,)),
    "it sends half a body after an answer": Case(after_an_answer(HALF_BODY), (408,)),
    "it waits before it asks": Case(pausing(b"", CLOSING), (200,), 3),
    "it waits within the head": Case(pausing(CLOSING[:30], CLOSING[30:]), (200,), 3),
    "it waits within the body": Case(pausing(CLOSING[:-4], CLOSING[-4:]), (200,), 3),
    "it waits within both": Case(pausing(CLOSING[:30], CLOSING[30:-4], CLOSING[-4:]), (200,), 6),
    "it waits after an answer": Case(after_an_answer(CLOSING, 8), (200,), 7, 11),
    "it sends a long body at a modest pace": Case(dripping(b"", LONG_CLOSING, 0.1, 10_000), (200,), 4, 16),
}


@dataclass(frozen=True)
class Fate:
    statuses: tuple[int, ...]
    seconds: float


@pytest.fixture(scope="module")
def fates(served: Served) -> Iterator[dict[str, Fate]]:
    """What came of each case; they all happen at once."""

    def happen(case: Case) -> Fate:
        with Caller(served.url, timeout=20) as caller:
            opened = time.monotonic()
            case.send(caller)
            answers = caller.rest()
            return Fate(tuple(answer.status for answer in answers), time.monotonic() - opened)

    with ThreadPoolExecutor(len(CASES)) as pool:
        happening = {name: pool.submit(happen, case) for name, case in CASES.items()}
        yield {name: future.result() for name, future in happening.items()}


@pytest.mark.parametrize("name", CASES)
def test_what_comes_of_a_caller_when(fates: dict[str, Fate], name: str) -> None:
    case, fate = CASES[name], fates[name]
    assert fate.statuses == case.statuses
    assert case.at_least < fate.seconds < case.at_most


def test_a_thousand_of_them_hold_nobody_up_and_are_gone_in_time(served: Served, many_files: None) -> None:
    kinds = [b"", HALF_HEAD, HALF_BODY, b"G"]
    with ExitStack() as stack:
        crowd = [stack.enter_context(Caller(served.url)).send(kinds[number % 4]) for number in range(1000)]
        opened = time.monotonic()
        assert eventually(lambda: Scrape(served.url).total("mlserving_connections") >= 1000)
        stop = threading.Event()

        def drip_all() -> None:
            while not stop.wait(1):
                for caller in crowd[1::4]:
                    caller.send(b"a")

        dripping = threading.Thread(target=drip_all)
        dripping.start()
        seconds: dict[bytes, list[float]] = {PROBE: [], ROW: []}
        while Scrape(served.url).total("mlserving_connections") > 5:
            assert time.monotonic() - opened < 12
            for data, taken in seconds.items():
                asked = time.monotonic()
                assert ask(served.url, data).status == 200
                taken.append(time.monotonic() - asked)
            time.sleep(0.05)
        stop.set()
        dripping.join()
        answers = [[answer.status for answer in caller.rest()] for caller in crowd]
    assert answers == [[], [408], [408], [408]] * 250
    for taken in seconds.values():
        assert len(taken) > 20
        assert statistics.median(taken) < 0.05
