"""Open-loop load: each request is sent at its due time, whether or not earlier ones have been answered."""

import asyncio
import math
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, count, takewhile
from time import perf_counter
from typing import cast

import httptools

NO_RESPONSE = 0  # status when the request timed out or the server closed the connection


@dataclass(frozen=True)
class TimedResponse:
    """A response, or its absence.

    Attributes:
        due: when the request was due, in seconds from the start of the load.
        seconds: from sending the request to the whole response, the timeout or the closing of the connection.
        status: the response's status, or NO_RESPONSE.
        late: seconds by which the request was sent after it was due.
    """

    due: float
    seconds: float
    status: int
    body: bytes
    late: float = 0.0


@dataclass(frozen=True)
class OpenLoop:
    """A whole HTTP request, its rate per second, and its timeout in seconds.

    Attributes:
        poisson: requests are due at random times, as those of independent callers, not evenly spaced.
        port: where they go, if not where the others go.
    """

    request: bytes
    rate: float
    timeout: float
    poisson: bool = False
    port: int | None = None

    def due(self, seconds: float) -> list[float]:
        """Return when requests are due, in seconds from the start; at random, the same times on each call."""
        if not self.poisson:
            return [number / self.rate for number in range(round(seconds * self.rate))]
        chance = random.Random(self.rate)  # noqa: S311
        gaps = (chance.expovariate(self.rate) for _ in count())
        return list(takewhile(lambda due: due < seconds, accumulate(gaps)))


def p99_ms(responses: Sequence[TimedResponse]) -> float:
    """Return the 99th percentile of the latencies in milliseconds (nearest rank), of at least one response."""
    return sorted(response.seconds for response in responses)[math.ceil(0.99 * len(responses)) - 1] * 1e3


def run(port: int, loops: Sequence[OpenLoop], seconds: float, host: str = "127.0.0.1") -> list[list[TimedResponse]]:
    """Run all loops at once, and return the responses of each in the order of sending."""

    async def run_all() -> list[list[TimedResponse]]:
        return await asyncio.gather(*(_Client(host, port, loop).run(seconds) for loop in loops))

    return asyncio.run(run_all())


class _Client:
    """Sends each request on an idle connection, or on a new one if there is none."""

    def __init__(self, host: str, port: int, loop: OpenLoop) -> None:
        self._host = host
        self._port = loop.port or port
        self._loop = loop
        self._idle: deque[_Connection] = deque()

    async def run(self, seconds: float) -> list[TimedResponse]:
        began = perf_counter()
        sent = []
        for due in self._loop.due(seconds):
            await asyncio.sleep(max(0, began + due - perf_counter()))
            sent.append(asyncio.create_task(self._send(began, due)))
        responses = await asyncio.gather(*sent)
        for connection in self._idle:
            connection.close()
        return responses

    async def _send(self, began: float, due: float) -> TimedResponse:
        sent = perf_counter()
        connection = None
        status, body = NO_RESPONSE, b""
        try:
            async with asyncio.timeout(self._loop.timeout):
                connection = await self._connection()
                status, body = await connection.send(self._loop.request)
        except (TimeoutError, OSError):
            if connection is not None:
                connection.close()
        else:
            if connection.open:
                self._idle.append(connection)
        return TimedResponse(due, perf_counter() - sent, status, body, sent - began - due)

    async def _connection(self) -> "_Connection":
        while self._idle:
            if (connection := self._idle.pop()).open:
                return connection
        _, connection = await asyncio.get_running_loop().create_connection(_Connection, self._host, self._port)
        return connection


class _Connection(asyncio.Protocol):
    """A keep-alive connection with at most one request in flight."""

    def __init__(self) -> None:
        self.open = True
        self._parser = httptools.HttpResponseParser(self)
        self._response: asyncio.Future[tuple[int, bytes]] | None = None
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    async def send(self, request: bytes) -> tuple[int, bytes]:
        """Return the status and the body of the response.

        Raises:
            ConnectionError: the server closed the connection.
        """
        self._response = asyncio.get_running_loop().create_future()
        self._body = b""
        self._transport.write(request)
        return await self._response

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        if not self._parser.should_keep_alive():
            self.close()
        if self._response is not None and not self._response.done():
            self._response.set_result((self._parser.get_status_code(), self._body))

    def connection_lost(self, _error: Exception | None) -> None:
        self.open = False
        if self._response is not None and not self._response.done():
            self._response.set_exception(ConnectionResetError("The server closed the connection."))

    def close(self) -> None:
        self.open = False
        self._transport.close()
