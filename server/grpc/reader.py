"""Parses HTTP/2 frames (RFC 9113), and refuses floods of frames that complete no message."""

from collections.abc import Callable, Mapping
from typing import cast

from server.grpc import frames
from server.grpc.frames import END_HEADERS, HAS_PRIORITY, HEADER, HEADER_BYTES, MAX_PAYLOAD, PADDED, PREFACE
from server.http.limits import HEAD_BYTES

OVERHEAD_BYTES = 128 * 1024  # of frames' own, and of all frames but DATA, until a message is complete

Handler = Callable[[int, int, bytes], None]

_PRIORITY_BYTES = 5


class ConnectionFault(Exception):
    """The client violates the protocol or a limit. The connection ends with this error code."""

    def __init__(self, code: int = frames.PROTOCOL_ERROR) -> None:
        super().__init__(code)
        self.code = code


class FrameReader:
    """Reads the frames of one connection.

    Attributes:
        greeted: Whether the client has begun as HTTP/2 does.
        overhead: Bytes that were not a message's since the last one was complete.
        data_bytes: Bytes that were.
    """

    def __init__(self, handlers: Mapping[int, Handler]) -> None:
        """Start with what handles (flags, stream, payload) of each kind of frame; others are ignored.

        The payload of HEADERS is the whole block of fields, and that of DATA has no padding.
        """
        self.greeted = False
        self.overhead = 0
        self.data_bytes = 0
        self._handlers = handlers
        self._buffer = b""
        self._block: tuple[int, int, bytearray] | None = None  # fields to be continued: flags, stream, bytes

    def feed(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data

    def read(self, is_enough: Callable[[], bool]) -> bool:
        """Handle the frames that have arrived, and return whether some are left because it is enough.

        Raises:
            ConnectionFault: They are not HTTP/2, or too many.
        """
        data, position = self._buffer, 0
        if not self.greeted:
            if data[: len(PREFACE)] != PREFACE[: len(data)]:
                raise ConnectionFault
            if len(data) < len(PREFACE):
                return False
            self.greeted = True
            position = len(PREFACE)
        enough = False
        while len(data) - position >= HEADER_BYTES and not (enough := is_enough()):
            high, low, kind, flags, stream = HEADER.unpack_from(data, position)
            length = high << 8 | low
            if length > MAX_PAYLOAD:
                raise ConnectionFault(frames.FRAME_SIZE_ERROR)
            end = position + HEADER_BYTES + length
            if end > len(data):
                break
            self._handle(kind, flags, stream & frames.MAX_WINDOW, data[position + HEADER_BYTES : end])
            position = end
        self._buffer = data[position:]
        return enough

    def _handle(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if (self._block is not None) is not (kind == frames.CONTINUATION):
            raise ConnectionFault
        self.overhead += HEADER_BYTES
        if kind == frames.DATA:
            self.data_bytes += len(payload)
        else:
            self.overhead += len(payload)
        if self.overhead > OVERHEAD_BYTES + 2 * self.data_bytes:
            raise ConnectionFault(frames.ENHANCE_YOUR_CALM)
        if kind == frames.HEADERS:
            block = _unpadded(flags, payload)[_PRIORITY_BYTES if flags & HAS_PRIORITY else 0 :]
            if flags & END_HEADERS:
                self._handlers[kind](flags, stream, block)
            else:
                self._block = flags, stream, bytearray(block)
        elif kind == frames.CONTINUATION:
            cast("tuple[int, int, bytearray]", self._block)[2].extend(payload)
            self._continue(flags, stream)
        elif handler := self._handlers.get(kind):
            handler(flags, stream, _unpadded(flags, payload) if kind == frames.DATA else payload)

    def _continue(self, flags: int, stream: int) -> None:
        """Handle the fields if their block is complete."""
        first_flags, first, block = cast("tuple[int, int, bytearray]", self._block)
        if stream != first:
            raise ConnectionFault
        if len(block) > HEAD_BYTES:
            raise ConnectionFault(frames.ENHANCE_YOUR_CALM)
        if flags & END_HEADERS:
            self._block = None
            self._handlers[frames.HEADERS](first_flags, stream, bytes(block))


def _unpadded(flags: int, payload: bytes) -> bytes:
    if not flags & PADDED:
        return payload
    if not payload or payload[0] >= len(payload):
        raise ConnectionFault
    return payload[1 : len(payload) - payload[0]]
