"""Requests at a given rate, whatever becomes of them: each is sent when it is due, not when the last is answered."""

import asyncio
import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import cast

import httptools

GAVE_UP = 0
"""The status of a request that its caller closed the connection on, or that the server did."""


@dataclass(frozen=True)
class Answer:
    """due: seconds from the beginning; seconds: from the sending to the whole answer, or to giving up."""

    due: float
    seconds: float
    status: int
    body: bytes


@dataclass(frozen=True)
class Offer:
    """A whole HTTP request, how often it is sent each second, and how long its caller waits for an answer."""

    request: bytes
    rate: float
    patience: float


def p99_ms(answers: Sequence[Answer]) -> float:
    """Milliseconds that 99 of 100 answers did not exceed (nearest rank), of at least one answer."""
    return sorted(answer.seconds for answer in answers)[math.ceil(0.99 * len(answers)) - 1] * 1e3


def offer(port: int, offers: Sequence[Offer], seconds: float) -> list[list[Answer]]:
    """Make all the offers at once for so long; the answers of each, in the order of their sending."""

    async def together() -> list[list[Answer]]:
        return await asyncio.gather(*(_Caller(port, one).call(seconds) for one in offers))

    return asyncio.run(together())


class _Caller:
    """Sends on a connection that waits idle, else on a new one."""

    def __init__(self, port: int, offer: Offer) -> None:
        self._port = port
        self._offer = offer
        self._idle: deque[_Connection] = deque()

    async def call(self, seconds: float) -> list[Answer]:
        began = perf_counter()
        asked = []
        for number in range(round(seconds * self._offer.rate)):
            due = number / self._offer.rate
            await asyncio.sleep(max(0, began + due - perf_counter()))
            asked.append(asyncio.create_task(self._ask(due)))
        answers = await asyncio.gather(*asked)
        for connection in self._idle:
            connection.close()
        return answers

    async def _ask(self, due: float) -> Answer:
        sent = perf_counter()
        connection = None
        status, body = GAVE_UP, b""
        try:
            async with asyncio.timeout(self._offer.patience):
                connection = await self._connection()
                status, body = await connection.ask(self._offer.request)
        except (TimeoutError, OSError):
            if connection is not None:
                connection.close()
        else:
            if connection.open:
                self._idle.append(connection)
        return Answer(due, perf_counter() - sent, status, body)

    async def _connection(self) -> "_Connection":
        while self._idle:
            if (connection := self._idle.pop()).open:
                return connection
        _, connection = await asyncio.get_running_loop().create_connection(_Connection, "127.0.0.1", self._port)
        return connection


class _Connection(asyncio.Protocol):
    """One keep-alive connection with at most one request on it."""

    def __init__(self) -> None:
        self.open = True
        self._parser = httptools.HttpResponseParser(self)
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """The status and the body of the answer. Raises ConnectionError where the server hangs up."""
        self._answer = asyncio.get_running_loop().create_future()
        self._body = b""
        self._transport.write(request)
        return await self._answer

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        if not self._parser.should_keep_alive():
            self.close()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((self._parser.get_status_code(), self._body))

    def connection_lost(self, _error: Exception | None) -> None:
        self.open = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError("The server hung up."))

    def close(self) -> None:
        self.open = False
        self._transport.close()
