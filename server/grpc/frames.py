"""HTTP/2's frames (RFC 9113) as bytes: what is sent, and the names of what is received."""

from collections.abc import Iterable
from struct import Struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEADER = Struct(">HBBBI")  # of the length the first two bytes and the last, type, flags, stream
HEADER_BYTES = HEADER.size
MAX_PAYLOAD = 16384  # both sides' largest frame, unless the client allows more, which is not used
MAX_WINDOW = (1 << 31) - 1

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED, HAS_PRIORITY = 0x1, 0x1, 0x4, 0x8, 0x20
MAX_CALLS, CALL_WINDOW = 3, 4  # settings
NO_ERROR, PROTOCOL_ERROR, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, REFUSED_STREAM = 0, 1, 3, 6, 7
COMPRESSION_ERROR, ENHANCE_YOUR_CALM = 9, 11

SETTING = Struct(">HI")
NUMBER = Struct(">I")
GOAWAY_PAYLOAD = Struct(">II")
MESSAGE_HEADER = Struct(">BI")  # gRPC's own, within DATA: whether it is compressed, and its length


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    length = len(payload)
    return HEADER.pack(length >> 8, length & 0xFF, kind, flags, stream) + payload


def settings(values: Iterable[tuple[int, int]]) -> bytes:
    return frame(SETTINGS, 0, 0, b"".join(SETTING.pack(name, value) for name, value in values))


def window_update(stream: int, increment: int) -> bytes:
    return frame(WINDOW_UPDATE, 0, stream, NUMBER.pack(increment))


def reset(stream: int, error: int) -> bytes:
    return frame(RST_STREAM, 0, stream, NUMBER.pack(error))


def goaway(last_stream: int, error: int = NO_ERROR) -> bytes:
    return frame(GOAWAY, 0, 0, GOAWAY_PAYLOAD.pack(last_stream, error))


def fields(pairs: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return a header block without compression: literals that enter no table. RFC 7541, 6.2.2."""
    return b"".join(b"\0" + _string(name) + _string(value) for name, value in pairs)


def _string(text: bytes) -> bytes:
    length = len(text)
    if length < 0x7F:  # noqa: PLR2004 (RFC 7541, 5.1: more does not fit into 7 bits)
        return bytes([length]) + text
    length -= 0x7F
    encoded = b"\x7f"
    while length > 0x7F:  # noqa: PLR2004
        encoded += bytes([length & 0x7F | 0x80])
        length >>= 7
    return encoded + bytes([length]) + text
