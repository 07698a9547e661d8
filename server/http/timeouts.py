"""The phases of a connection, how long each may last, and which connections make room for others."""

from __future__ import annotations

import asyncio
import fcntl
import heapq
import sys
import termios
from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from server.errors import TooSlow

if TYPE_CHECKING:
    from server.http.protocol import Connection

BODY_BYTES_PER_SECOND = 64 * 1024
MAX_CONNECTIONS = 1024
EVICTED_AT_ONCE = 32


class Phase(IntEnum):
    """The phase of a connection, by what it receives.

    HEAD → BODY → ANSWERING → IDLE → HEAD … for as long as the client keeps the connection. A phase only goes back to an
    earlier one through HEAD, and never from REFUSED or CLOSING. With pipelining the next request may be in HEAD or BODY
    while the response to an earlier one is still being made.
    """

    HEAD = 0  # waits for the first request, or receives the head of one
    BODY = 1  # receives the body; the app has the request already, and may even have answered it
    ANSWERING = 2  # the whole request is here and its response is not yet out
    IDLE = 3  # the response is out; waits for the next request
    REFUSED = 4  # reads nothing more, as something was wrong; the last responses go out
    CLOSING = 5  # has closed its own direction; waits for the client to close


@dataclass(frozen=True)
class Timeouts:
    """Seconds that the server waits. Only tests use other values than these, apart from `idle`, a setting.

    Attributes:
        head: For the head of a request, from its first byte or from the connection's first moment.
        body: For a body, in addition to the time that it takes at BODY_BYTES_PER_SECOND.
        unread: For the client to take any byte of a response.
        idle: For the next request of a connection. A proxy in front (Envoy, a load balancer) must wait less, and so
            close first; a server that closes first makes it fail requests.
        linger: For the client to close, after the server has closed its own direction.
        settled: Connections younger than this may have a request under way, so older idle ones are evicted first.
        interval: Between two checks of all connections.
    """

    head: float = 5
    body: float = 5
    unread: float = 10
    idle: float = 65
    linger: float = 2
    settled: float = 1
    interval: float = 1


def evict_idle(newcomer: Connection, connections: Collection[Connection], settled_seconds: float) -> bool:
    """Return whether there is room for one more connection, after closing the longest idle ones if necessary."""
    if len(connections) <= MAX_CONNECTIONS:
        return True
    idle = [connection for connection in connections if connection.is_idle and connection is not newcomer]
    settled = [connection for connection in idle if connection.since < newcomer.since - settled_seconds]
    for connection in heapq.nsmallest(EVICTED_AT_ONCE, settled or idle, key=_eviction_key):
        connection.transport.close()
    return len(idle) > 0


async def watch(connections: Collection[Connection], timeouts: Timeouts) -> None:
    """Close connections whose time is over, for ever."""
    unread: dict[Connection, tuple[int, float]] = {}
    while True:
        await asyncio.sleep(timeouts.interval)
        now = asyncio.get_running_loop().time()
        before, unread = unread, {}
        for connection in tuple(connections):
            if size := unread_bytes(connection.transport):
                old_size, since = before.get(connection, (0, now))
                unread[connection] = (size, since if size == old_size else now)
                if now - unread[connection][1] > timeouts.unread:
                    connection.transport.abort()
            elif connection.flow.read_paused:  # the client waits for the server, not the reverse
                connection.since = now
            else:
                _check(connection, now - connection.since, timeouts)


def unread_bytes(transport: asyncio.Transport) -> int:
    """Return the bytes of responses that the client has not taken: once some wait here, the kernel's count too."""
    waiting = transport.get_write_buffer_size()
    if not waiting:
        return 0
    in_kernel = fcntl.ioctl(transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, bytes(4))
    return waiting + int.from_bytes(in_kernel, sys.byteorder)


def _eviction_key(connection: Connection) -> tuple[bool, float]:
    """Connections without a request so far go first, then those answered longest ago."""
    return connection.cycle is not None, connection.since


def _check(connection: Connection, waited: float, timeouts: Timeouts) -> None:
    match connection.phase:
        case Phase.HEAD if waited > timeouts.head:
            _give_up(connection)
        case Phase.BODY if waited > timeouts.body + connection.body_bytes / BODY_BYTES_PER_SECOND:
            _give_up(connection)
        case Phase.IDLE if waited > timeouts.idle:
            connection.transport.close()
        case Phase.CLOSING if waited > timeouts.linger:
            connection.transport.abort()


def _give_up(connection: Connection) -> None:
    if connection.head_bytes:
        connection.refuse(TooSlow("The request came too slowly. Send it in one piece."))
    else:
        connection.transport.close()
