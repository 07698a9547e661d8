"""Send inputs to a server and check what it answers."""

import asyncio
from collections.abc import Iterator, Mapping
from types import TracebackType
from urllib.parse import urlsplit

import httpx

from tests.server.fuzz.client import Client, Received
from tests.server.fuzz.heads import PATHS
from tests.server.fuzz.invariants import check
from tests.server.fuzz.kinds import make
from tests.server.fuzz.request import JSON, Input, Request

CONNECTIONS = 8
INPUTS_PER_CONTROL = 100
STALLED = 4.0  # seconds; the server closes a connection that sends nothing after 5

ROW = Request(b"/predict", b'{"x":3,"y":-1}', (JSON,)).framed()
CONTROL = Input("control", ROW.wire(), (ROW,))


class Session:
    """Sends one input at a time, for a client that is not asynchronous."""

    def __init__(self, url: str) -> None:
        self._documents = read_documents(url)
        self._client = _client(url)
        self._runner = asyncio.Runner()

    def __enter__(self) -> "Session":
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._client.close()
        self._runner.close()

    def check(self, sent: Input) -> None:
        """Raise AssertionError with the input's bytes if the server's answer is wrong."""
        self._runner.run(_ask(self._client, sent, sent.kind, self._documents))


def run(url: str, seed: int, count: int) -> None:
    """Send `count` inputs of a seed over several connections, and a valid request after each hundred.

    Raises:
        AssertionError: an answer is wrong; the message has the seed, the index and the bytes of the input.
    """
    asyncio.run(_run(url, seed, count, read_documents(url)))


def read_documents(url: str) -> Mapping[bytes, bytes]:
    """Return what each path answers to a GET, if it answers 200."""
    with httpx.Client(base_url=url) as client:
        answers = {path: client.get(path.decode()) for path in PATHS}
    return {path: answer.content for path, answer in answers.items() if answer.status_code == httpx.codes.OK}


async def _run(url: str, seed: int, count: int, documents: Mapping[bytes, bytes]) -> None:
    clients = [_client(url) for _ in range(CONNECTIONS)]
    try:
        for start in range(0, count, INPUTS_PER_CONTROL):
            indices = iter(range(start, min(start + INPUTS_PER_CONTROL, count)))
            await asyncio.gather(*(_work(client, seed, indices, documents) for client in clients))
            await _ask(clients[0], CONTROL, f"after seed {seed}, index {start + INPUTS_PER_CONTROL - 1}", documents)
    finally:
        for client in clients:
            client.close()


async def _work(client: Client, seed: int, indices: Iterator[int], documents: Mapping[bytes, bytes]) -> None:
    for index in indices:
        await _ask(client, make(seed, index), f"seed {seed}, index {index}", documents)


async def _ask(client: Client, sent: Input, name: str, documents: Mapping[bytes, bytes]) -> None:
    received = Received()
    try:
        received = await client.send(sent)
        if (
            received.seconds > STALLED
        ):  # the whole machine may have stalled; an input that stalls the server does it again
            received = await client.send(sent)
        assert received.seconds < STALLED, "the server stalled"
        check(sent, received, documents)
    except (AssertionError, ValueError, LookupError, OSError) as error:
        message = str(error)[:2000]
        raise AssertionError(f"{name}, {sent.kind}: {message}\nsent: {sent.pieces()!r}\nheard: {received!r}") from error


def _client(url: str) -> Client:
    address = urlsplit(url)
    return Client(address.hostname or "", address.port or 80)
