"""When a request arrived. A busy event loop reads it later, and only the kernel knows how much later.

A duration that began when the request was read would stay the same however long a saturated server lets callers wait.

The kernel's clock moves in ticks of 1 to 10 ms, and the question costs 1.3 µs. So the kernel is asked only when the
event loop has not turned for longer than a tick, and an answer of one tick counts as nothing: it says only that a tick
fell between the arrival and the reading. At the first request of a connection the kernel is always asked: the loop
accepts one connection in each turn, so that the last of many waits for as many turns, however short.
"""

import asyncio
import math
import socket
import sys
from time import clock_getres, perf_counter

_LAST_DATA = slice(52, 56)  # of Linux's struct tcp_info: milliseconds since the last packet with data
_COARSE_CLOCK = 6  # Linux's CLOCK_MONOTONIC_COARSE, whose resolution is the tick


class Turns:
    """Detects turns of the loop in which requests may have waited longer than a tick. One for all connections."""

    def __init__(self) -> None:
        self._now = 0.0
        self._late = False
        self._tick = clock_getres(_COARSE_CLOCK) if sys.platform == "linux" else math.inf

    def is_late(self, now: float) -> bool:
        """Return whether requests read in the turn that began at `now` may have waited longer than a tick."""
        if now != self._now:
            self._late = now - self._now > self._tick
            self._now = now
        return self._late

    def seconds(self, milliseconds: int) -> float:
        """Convert the kernel's answer."""
        seconds = milliseconds / 1e3
        return seconds if seconds > self._tick else 0.0


class Arrival:
    """What the kernel says about one connection."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._socket: socket.socket | None = None

    def time(self, transport: asyncio.Transport, now: float) -> float:
        """Return the perf_counter() at which the data that is being read arrived.

        Args:
            transport: The connection's.
            now: The loop's time.
        """
        read = perf_counter()
        if sys.platform != "linux" or not (self._turns.is_late(now) or self._socket is None):
            return read
        if self._socket is None:
            # Not the transport's own object: uvloop makes a new socket for each question, which takes 9 µs.
            descriptor = transport.get_extra_info("socket").fileno()
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, fileno=descriptor)
        try:
            info = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LAST_DATA.stop)
        except OSError:  # a kernel that is not quite Linux must not cost a request
            return read
        return read - self._turns.seconds(int.from_bytes(info[_LAST_DATA], sys.byteorder))

    def end(self) -> None:
        """Leave the socket to the transport, which closes it."""
        if self._socket is not None:
            self._socket.detach()
            self._socket = None
