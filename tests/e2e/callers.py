"""Clients of three kinds that ask for the same prediction until they are told to stop, and count what they get."""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

import httpx

PAUSE = 0.008  # seconds between two requests of a client, so that the pods and not the clients have the cores
HEADERS = {"Content-Type": "application/json"}
THREADS = 2  # of each kind
LATE = 0.19  # seconds; a packet is sent again after 0.2 s at the earliest


class LostError(Exception):
    """No response came."""


@dataclass
class Answers:
    """What clients of one kind saw.

    Attributes:
        bodies: The responses with 200, and how many there were of each.
        failed: Statuses of the others.
        lost: When a request got no response, by the clock, and why.
        late: How many responses took LATE or longer.
    """

    bodies: Counter[bytes] = field(default_factory=Counter)
    failed: list[int] = field(default_factory=list)
    lost: list[tuple[float, str]] = field(default_factory=list)
    late: int = 0

    @property
    def sent(self) -> int:
        return self.bodies.total() + len(self.failed) + len(self.lost)


Send = Callable[[], tuple[int, bytes]]


@contextmanager
def naive(url: httpx.URL, body: bytes) -> Iterator[Send]:
    """Keep a connection, and send on it without looking whether the server has closed it."""
    connection = http.client.HTTPConnection(url.host, url.port, timeout=10)

    def send() -> tuple[int, bytes]:
        try:
            connection.request("POST", "/predict", body, HEADERS)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise LostError(repr(error)) from error

    with closing(connection):
        yield send


@contextmanager
def probing(url: httpx.URL, body: bytes) -> Iterator[Send]:
    """Keep a connection, and open another if the server has closed it, as httpx and urllib3 do."""
    with httpx.Client(base_url=url, timeout=10) as client:

        def send() -> tuple[int, bytes]:
            try:
                response = client.post("/predict", content=body, headers=HEADERS)
            except httpx.HTTPError as error:
                raise LostError(repr(error)) from error
            return response.status_code, response.content

        yield send


@contextmanager
def connecting(url: httpx.URL, body: bytes) -> Iterator[Send]:
    """Open a connection for each request."""

    def send() -> tuple[int, bytes]:
        with naive(url, body) as once:
            return once()

    yield send


KINDS = {"naive": naive, "probing": probing, "connecting": connecting}


def ask(send: Send, retry_after: float | None) -> tuple[int, bytes]:
    try:
        return send()
    except LostError:
        if retry_after is None:
            raise
        time.sleep(retry_after)
        return send()


@contextmanager
def calling(host: str, row: object, *, retry_after: float | None = None) -> Iterator[dict[str, Answers]]:
    """Run clients of each kind while the context lasts.

    Args:
        host: Address of the Service.
        row: What to predict.
        retry_after: Send a request that got no response once more, after so many seconds.
    """
    url, body = httpx.URL(host), json.dumps(row).encode()
    answers = {kind: Answers() for kind in KINDS}
    stop = threading.Event()

    def call(kind: str) -> None:
        with KINDS[kind](url, body) as send:
            while not stop.wait(PAUSE):
                began = time.perf_counter()
                try:
                    status, content = ask(send, retry_after)
                except LostError as error:
                    answers[kind].lost.append((time.time(), str(error)))
                    continue
                answers[kind].late += time.perf_counter() - began >= LATE
                if status == http.HTTPStatus.OK:
                    answers[kind].bodies[content] += 1
                else:
                    answers[kind].failed.append(status)

    threads = [threading.Thread(target=call, args=(kind,)) for kind in KINDS for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def sent(answers: dict[str, Answers]) -> int:
    return sum(kind.sent for kind in answers.values())


def lost(answers: dict[str, Answers]) -> dict[str, list[tuple[float, str]]]:
    """Return the lost requests of each kind that lost one."""
    return {kind: found.lost for kind, found in answers.items() if found.lost}


def late(answers: dict[str, Answers]) -> int:
    return sum(found.late for found in answers.values())


def failed(answers: dict[str, Answers]) -> dict[str, list[int]]:
    return {kind: found.failed for kind, found in answers.items() if found.failed}
