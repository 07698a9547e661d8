"""Sends responses within the client's flow-control windows, and HTTP/2's control frames."""

import asyncio
from urllib.parse import quote

from server.errors import ServingError
from server.grpc import frames
from server.grpc.call import Call
from server.grpc.frames import DATA, END_HEADERS, END_STREAM, HEADERS, MAX_PAYLOAD, MAX_WINDOW, MESSAGE_HEADER

RETRY_MS = b"1000"  # as Retry-After says over HTTP

_INVALID_ARGUMENT = 3
_CODES = {404: 5, 408: 4, 500: 13, 501: 12, 503: 14, 504: 4}  # gRPC's statuses by HTTP's; any other is the above
_PLAIN = " !\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~"  # what a grpc-message has as it is; other characters are escaped
_OK = b"\x88"  # ":status: 200", which is the entry 8 of HPACK's table
_SUCCEEDED = frames.fields([(b"grpc-status", b"0")])
_WINDOW = 65535  # what a client takes before it says otherwise


class WindowError(Exception):
    """The client's window exceeds the maximum of HTTP/2."""


class Sender:
    """Sends over one connection. The frames that one read leads to are written together, by `flush`."""

    def __init__(self, transport: asyncio.Transport, fields: bytes) -> None:
        """Store the header block that every response begins with."""
        self._transport = transport
        self._fields = _OK + fields
        self._out: list[bytes] = []
        self._finished = False
        self._window = _WINDOW  # of the connection
        self._call_window = _WINDOW  # of each new call

    def send(self, frame: bytes) -> None:
        self._out.append(frame)

    def flush(self) -> None:
        if self._out and not self._finished:
            self._transport.write(b"".join(self._out))
        self._out.clear()

    def finish(self) -> None:
        """Half-close the connection: a reset would destroy the last responses on their way."""
        self.flush()
        self._finished = True
        self._transport.write_eof()

    def begin(self, call: Call) -> None:
        call.window = self._call_window

    def answer(self, call: Call, message: bytes) -> bool:
        """Send a response, and return whether all of it fitted into the windows."""
        self.send(frames.frame(HEADERS, END_HEADERS, call.stream, self._fields))
        call.unsent = memoryview(MESSAGE_HEADER.pack(0, len(message)) + message)
        return self.proceed(call)

    def proceed(self, call: Call) -> bool:
        """Send as much of a response as the windows allow, and return whether it is complete."""
        while call.unsent:
            size = min(len(call.unsent), self._window, call.window, MAX_PAYLOAD)
            if size <= 0:
                return False
            self.send(frames.frame(DATA, 0, call.stream, bytes(call.unsent[:size])))
            self._window -= size
            call.window -= size
            call.unsent = call.unsent[size:]
        trailers = _SUCCEEDED + frames.fields(call.identity)
        self.send(frames.frame(HEADERS, END_HEADERS | END_STREAM, call.stream, trailers))
        return True

    def refuse(self, call: Call, error: ServingError) -> None:
        """Send a refusal as a gRPC status, with its reason and the request's ID as trailing metadata."""
        fields = [
            (b"grpc-status", b"%d" % _CODES.get(error.status, _INVALID_ARGUMENT)),
            (b"grpc-message", quote(error.sentence, _PLAIN).encode()),
            (b"reason", error.reason.encode()),
            *call.identity,
        ]
        if "retry-after" in error.headers:
            fields.append((b"grpc-retry-pushback-ms", RETRY_MS))
        block = self._fields + frames.fields(fields)
        self.send(frames.frame(HEADERS, END_HEADERS | END_STREAM, call.stream, block))
        if not call.arrived:
            self.send(frames.reset(call.stream, frames.NO_ERROR))

    def widen(self, call: Call | None, increment: int) -> None:
        """Increase the window of a call, or of the connection. Raises WindowError."""
        if call is None:
            self._window = _sum(self._window, increment)
        else:
            call.window = _sum(call.window, increment)

    def set_call_window(self, size: int, calls: "dict[int, Call]") -> None:
        """Set the initial window of calls, and adjust those of the open ones. Raises WindowError."""
        for call in calls.values():
            call.window = _sum(call.window, size - self._call_window)
        self._call_window = _sum(size, 0)


def _sum(window: int, increment: int) -> int:
    if window + increment > MAX_WINDOW:
        raise WindowError
    return window + increment
