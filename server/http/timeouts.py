"""How long the server waits for callers, and how many of them: the slow and the silent make way."""

from __future__ import annotations

import asyncio
import fcntl
import heapq
import sys
import termios
from collections.abc import Collection
from typing import TYPE_CHECKING

from server.errors import TooSlow

if TYPE_CHECKING:
    from server.http.protocol import Connection

HEAD_SECONDS = 5
BODY_SECONDS = 5
BODY_BYTES_PER_SECOND = 64 * 1024
"""A body that comes slower than this, its first BODY_SECONDS apart, is given up."""
UNREAD_SECONDS = 10
"""How long an answer may lie without the caller taking any of it."""
IDLE_SECONDS = 65
"""Longer than the proxies in front wait (Envoy, load balancers): it is for them to close first."""
LINGER_SECONDS = 2
MAX_CONNECTIONS = 1024
EVICTED_AT_ONCE = 32
SETTLED_SECONDS = 1
"""Who came, or was answered, later than that ago may be asking already: others are closed before it."""


def room_for(newcomer: Connection, connections: Collection[Connection]) -> bool:
    """Whether there is room for one more, if need be after closing those that have waited longest."""
    if len(connections) <= MAX_CONNECTIONS:
        return True
    waiting = [connection for connection in connections if connection.waits and connection is not newcomer]
    settled = [connection for connection in waiting if connection.since < newcomer.since - SETTLED_SECONDS]
    for connection in heapq.nsmallest(EVICTED_AT_ONCE, settled or waiting, key=_claim):
        connection.transport.close()
    return len(waiting) > 0


async def watch(connections: Collection[Connection]) -> None:
    """Give up, for ever, what has taken too long."""
    unread: dict[Connection, tuple[int, float]] = {}
    while True:
        await asyncio.sleep(1)
        now = asyncio.get_running_loop().time()
        before, unread = unread, {}
        for connection in tuple(connections):
            if size := _unread(connection.transport):
                old_size, since = before.get(connection, (0, now))
                unread[connection] = (size, since if size == old_size else now)
                if now - unread[connection][1] > UNREAD_SECONDS:
                    connection.transport.abort()
            elif connection.flow.read_paused:  # it is the server that makes the caller wait
                connection.since = now
            else:
                _check(connection, now - connection.since)


def _unread(transport: asyncio.Transport) -> int:
    """Bytes of answers that the caller has not taken: where some wait here, those in the kernel count too."""
    waiting = transport.get_write_buffer_size()
    if not waiting:
        return 0
    in_kernel = fcntl.ioctl(transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, bytes(4))
    return waiting + int.from_bytes(in_kernel, sys.byteorder)


def _claim(connection: Connection) -> tuple[bool, float]:
    """The least goes first: who has never asked anything, then who was answered longest ago."""
    return connection.cycle is not None, connection.since


def _check(connection: Connection, waited: float) -> None:
    if connection.shut:
        if waited > LINGER_SECONDS:
            connection.transport.abort()
    elif connection.in_head:
        if waited > HEAD_SECONDS:
            _give_up(connection)
    elif not connection.whole:
        if waited > BODY_SECONDS + connection.body_bytes / BODY_BYTES_PER_SECOND:
            _give_up(connection)
    elif connection.waits and waited > IDLE_SECONDS:
        connection.transport.close()


def _give_up(connection: Connection) -> None:
    if connection.head_bytes:
        connection.refuse(TooSlow("The request came too slowly; send it in one piece."))
    else:
        connection.transport.close()
