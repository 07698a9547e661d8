"""Send inputs over real connections and collect the answers. A connection is kept, or opened for one input."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter

from tests.server.fuzz.answer import Answer, NoAnswer, first
from tests.server.fuzz.request import Input, Then

QUIET = 0.05  # seconds without an answer, after which none is expected to bytes that may not be a request
BETWEEN_PIECES = 0.002
TIMEOUT = 30.0


@dataclass
class Received:
    """What came back for an input.

    Attributes:
        answers: the complete answers, in order.
        closed: whether the server closed the connection before the client did.
        seconds: how long it took.
        fault: what was wrong with the bytes; empty if they were answers.
    """

    answers: list[Answer] = field(default_factory=list)
    closed: bool = False
    seconds: float = 0.0
    fault: str = ""


class Wire(asyncio.Protocol):
    """One connection, with the bytes that came and have not been read, and whether it has ended."""

    def __init__(self) -> None:
        self.received = b""
        self.ended = False
        self.transport: asyncio.Transport
        self._changed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        self._changed.set()

    def connection_lost(self, _error: Exception | None) -> None:
        self.ended = True
        self._changed.set()

    async def answer(self, method: bytes) -> Answer | None:
        """Return the next answer; None if the connection ends before it. Raises NoAnswer."""
        while (found := first(self.received, method)) is None:
            if self.ended:
                return None
            self._changed.clear()
            await self._changed.wait()
        answer, self.received = found
        return answer

    async def end(self) -> None:
        """Wait until the server closes the connection. Raises NoAnswer if more bytes come."""
        while not self.ended:
            self._changed.clear()
            await self._changed.wait()
        if self.received:
            raise NoAnswer(f"bytes after the last answer: {self.received[:200]!r}")

    def close(self) -> None:
        if not self.ended:
            self.transport.abort()


class Client:
    """Sends one input at a time."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._kept: Wire | None = None

    async def send(self, sent: Input) -> Received:
        received = Received()
        began = perf_counter()
        wire = self._kept if sent.kept and self._kept else await self._open()
        try:
            async with asyncio.timeout(TIMEOUT):
                await _send(wire, sent)
                await _listen(wire, sent, received)
        except NoAnswer as fault:
            received.fault = str(fault)
        except TimeoutError:
            received.fault = f"neither an answer nor a close within {TIMEOUT:g} s"
        finally:
            self._keep_or_close(wire, sent.kept and not received.fault)
        received.seconds = perf_counter() - began
        return received

    def close(self) -> None:
        if self._kept:
            self._kept.close()

    def _keep_or_close(self, wire: Wire, kept: bool) -> None:
        if kept and not wire.ended:
            self._kept = wire
            return
        if wire is self._kept:
            self._kept = None
        wire.close()

    async def _open(self) -> Wire:
        _, wire = await asyncio.get_running_loop().create_connection(Wire, *self._address)
        return wire


async def _send(wire: Wire, sent: Input) -> None:
    for piece in sent.pieces():
        wire.transport.write(piece)
        if sent.cuts:
            await asyncio.sleep(BETWEEN_PIECES)


async def _listen(wire: Wire, sent: Input, received: Received) -> None:
    methods = [request.method for request in sent.requests]
    for method in [*methods, b"POST"] if sent.then is Then.REFUSAL else methods:
        await _one(wire, method, received)
        if received.closed:
            return
    if not sent.kept and sent.then is not Then.REFUSAL:
        await _leave(wire, sent.then, received)


async def _one(wire: Wire, method: bytes, received: Received) -> None:
    answer = await wire.answer(method)
    if answer:
        received.answers.append(answer)
    if answer is None or answer.last:
        await wire.end()
        received.closed = True


async def _leave(wire: Wire, then: Then, received: Received) -> None:
    """Close this side and read to the end; after bytes that may be anything, wait for silence first."""
    if then is Then.ANYTHING:
        with suppress(TimeoutError):
            while not received.closed:
                await asyncio.wait_for(_one(wire, b"GET", received), QUIET)
    if not received.closed:
        wire.transport.write_eof()
        while then is not Then.NOTHING and (answer := await wire.answer(b"GET")):
            received.answers.append(answer)
        await wire.end()
