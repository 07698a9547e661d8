"""One call: its message as it arrives, and its outcome, counted and logged like that of an HTTP request."""

import asyncio
import math
import re
from collections.abc import Mapping
from time import perf_counter

from server import metrics
from server.errors import Failed, InvalidInput, ServingError, TooLarge, Unimplemented
from server.grpc.frames import MESSAGE_HEADER
from server.http.access_log import AccessLog, identity
from server.http.compression import FREE_BYTES, MAX_RATIO, expand
from server.http.limits import ConnectionLimits
from server.http.request import CLIENT_DISCONNECTED, FAILED
from server.route import Route

METHOD = "GRPC"  # in logs, where HTTP has its method
ENCODINGS = (b"gzip", b"deflate")

_OK = 200
_ONE_MESSAGE = "The call must have exactly one message, of the length that it says."
_TIMEOUT = re.compile(rb"([0-9]{1,8})([HMSmun])")
_UNITS = {b"H": 3600.0, b"M": 60.0, b"S": 1.0, b"m": 1e-3, b"u": 1e-6, b"n": 1e-9}


class Call:
    """One call, from its header fields to its outcome.

    Attributes:
        stream: Its number within the connection.
        since: The loop's time at which it began.
        route: Its method.
        identity: Header fields that its answer repeats.
        arrived: Whether the message is complete, or nobody waits for the rest.
        window: How many more bytes of an answer the client takes.
        unsent: What the client does not take yet.
        gone: Done when the caller has gone; None until somebody waits for that.
    """

    def __init__(
        self,
        stream: int,
        route: Route,
        headers: Mapping[bytes, bytes],
        arrived_at: float,
        limits: ConnectionLimits,
        access_log: AccessLog,
    ) -> None:
        self._arrived_at = arrived_at  # by perf_counter()
        self.since = asyncio.get_running_loop().time()
        self.stream = stream
        self.route = route
        self.identity = identity(headers)
        self.arrived = False
        self.window = 0
        self.unsent = memoryview(b"")
        self.gone: asyncio.Future[None] | None = None
        self._timeout = headers.get(b"grpc-timeout")
        self._encoding = headers.get(b"grpc-encoding", b"identity")
        self._data = bytearray()
        self._held_bytes = 0
        self._limits = limits
        self._access_log = access_log
        self._status = FAILED
        self._failure: BaseException | None = None

    @property
    def received_bytes(self) -> int:
        return len(self._data)

    def receive(self, data: bytes) -> None:
        """Add a part of the message. Raises ServingError if the whole would be refused."""
        self._data += data
        self._held_bytes += len(data)
        self._limits.hold(len(data))
        if len(self._data) >= MESSAGE_HEADER.size:
            compressed, length = MESSAGE_HEADER.unpack_from(self._data)
            if compressed and self._encoding not in ENCODINGS:
                raise Unimplemented("Unsupported encoding. Compress messages with gzip or deflate, or send them plain.")
            if len(self._data) > MESSAGE_HEADER.size + length:
                raise InvalidInput(_ONE_MESSAGE, "message")
            if length > self._limits.max_body_bytes:
                raise TooLarge(f"The message is over {self._limits.max_body_bytes} bytes. Send fewer rows or pictures.")

    @property
    def takes_long(self) -> bool:
        """Whether the message is compressed and may expand to so much that it would delay the event loop."""
        return self._data[:1] != b"\0" and len(self._data) > FREE_BYTES // MAX_RATIO

    def take(self) -> bytes:
        """Return the message, which is complete, expanded. Raises ServingError."""
        size = MESSAGE_HEADER.size
        if len(self._data) < size or MESSAGE_HEADER.unpack_from(self._data)[1] != len(self._data) - size:
            raise InvalidInput(_ONE_MESSAGE, "message")
        message = bytes(memoryview(self._data)[size:])
        return expand(self._encoding, message, self._limits.max_body_bytes) if self._data[0] else message

    def deadline(self) -> float:
        """Return the perf_counter() until which the caller waits. Raises InvalidInput."""
        if self._timeout is None:
            return math.inf
        found = _TIMEOUT.fullmatch(self._timeout)
        if found is None:
            raise InvalidInput("grpc-timeout must be a whole number of up to 8 digits and a unit.", "header")
        return self._arrived_at + int(found[1]) * _UNITS[found[2]]

    def answer(self) -> None:
        self._status = _OK

    def refuse(self, error: ServingError) -> None:
        metrics.REFUSED.labels(error.reason).inc()
        self._status = error.status

    def fail(self, error: BaseException) -> Failed:
        """Return what the caller is told; the detail goes to the log only."""
        self._failure = error
        return Failed()

    def leave(self) -> None:
        """Note that the caller has gone."""
        self._status = CLIENT_DISCONNECTED
        if self.gone is not None and not self.gone.done():
            self.gone.set_result(None)

    def finish(self) -> None:
        """Count and log the call."""
        self._limits.held_bytes -= self._held_bytes
        seconds = perf_counter() - self._arrived_at
        metrics.REQUESTS.count(self.route.name, self._status, seconds)
        self._access_log.write(self.route.name, METHOD, self._status, seconds, self.identity, self._failure)
