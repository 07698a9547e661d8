"""Inputs → what is heard, over real connections: one that is kept, or a new one for each."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter

from tests.server.fuzz.answer import Answer, NoAnswer, first
from tests.server.fuzz.request import Input, Then

QUIET = 0.05
"""Seconds of silence after which no answer more is awaited to bytes that may be no request."""

BETWEEN_PIECES = 0.002

PATIENCE = 30.0


@dataclass
class Heard:
    """answers: the whole ones, in their order. closed: the server closed before the caller did. seconds: it all took.

    fault: what was wrong with the bytes, whoever they answer; empty where nothing was.
    """

    answers: list[Answer] = field(default_factory=list)
    closed: bool = False
    seconds: float = 0.0
    fault: str = ""


class Wire(asyncio.Protocol):
    """One connection: all that came on it and was not read yet, and whether it ended."""

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
        """The next one, None where the connection ended before it. Raises NoAnswer."""
        while (found := first(self.received, method)) is None:
            if self.ended:
                return None
            self._changed.clear()
            await self._changed.wait()
        answer, self.received = found
        return answer

    async def end(self) -> None:
        """Wait until the server closed. Raises NoAnswer where it said anything more."""
        while not self.ended:
            self._changed.clear()
            await self._changed.wait()
        if self.received:
            raise NoAnswer(f"bytes after the last answer: {self.received[:200]!r}")

    def close(self) -> None:
        if not self.ended:
            self.transport.abort()


class Caller:
    """Sends one input at a time."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._kept: Wire | None = None

    async def ask(self, sent: Input) -> Heard:
        heard = Heard()
        began = perf_counter()
        wire = self._kept if sent.kept and self._kept else await self._open()
        try:
            async with asyncio.timeout(PATIENCE):
                await _say(wire, sent)
                await _listen(wire, sent, heard)
        except NoAnswer as fault:
            heard.fault = str(fault)
        except TimeoutError:
            heard.fault = f"neither an answer nor an end within {PATIENCE:g} s"
        finally:
            self._keep_or_close(wire, sent.kept and not heard.fault)
        heard.seconds = perf_counter() - began
        return heard

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


async def _say(wire: Wire, sent: Input) -> None:
    for piece in sent.pieces():
        wire.transport.write(piece)
        if sent.cuts:
            await asyncio.sleep(BETWEEN_PIECES)


async def _listen(wire: Wire, sent: Input, heard: Heard) -> None:
    methods = [request.method for request in sent.requests]
    for method in [*methods, b"POST"] if sent.then is Then.REFUSAL else methods:
        await _one(wire, method, heard)
        if heard.closed:
            return
    if not sent.kept and sent.then is not Then.REFUSAL:
        await _leave(wire, sent.then, heard)


async def _one(wire: Wire, method: bytes, heard: Heard) -> None:
    answer = await wire.answer(method)
    if answer:
        heard.answers.append(answer)
    if answer is None or answer.last:
        await wire.end()
        heard.closed = True


async def _leave(wire: Wire, then: Then, heard: Heard) -> None:
    """Close this side, of bytes that may be anything when it is quiet, and listen to the end."""
    if then is Then.ANYTHING:
        with suppress(TimeoutError):
            while not heard.closed:
                await asyncio.wait_for(_one(wire, b"GET", heard), QUIET)
    if not heard.closed:
        wire.transport.write_eof()
        while then is not Then.NOTHING and (answer := await wire.answer(b"GET")):
            heard.answers.append(answer)
        await wire.end()
