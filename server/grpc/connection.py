"""One connection: HTTP/2 as gRPC needs it, with a limit against each way in which a client could hold the server up.

silent, idle, old and too many connections, unread answers         server.py: Timeouts, AGE_SECONDS, MAX_CONNECTIONS
not HTTP/2, floods of frames or of header fields                   reader.py, calls.py: OVERHEAD_BYTES, HEAD_BYTES
calls at a time, or begun and reset                                calls.py: MAX_CALLS, MAX_ALL_CALLS, MAX_RESETS
long or slow messages                                              call.py: max_body_bytes, max_held_bytes; server.py
many calls or frames at once                                       others have a turn after INLINE_CALLS, INLINE_FRAMES

grpcio's own server reports nothing of a message before all of it has arrived, so that its memory cannot be bounded.
With the same handler it takes 2.2 times the CPU for a call with one row. The library h2, which has no limits either,
takes 2.3 times as much CPU for the frames of a call alone as this server for a whole call.
"""

import asyncio
import random
from typing import cast

from hpack import HPACKError

from server.grpc import frames
from server.grpc.calls import MAX_CALLS, Calls, Shared
from server.grpc.frames import ACK, MAX_PAYLOAD, MAX_WINDOW
from server.grpc.reader import ConnectionFault, FrameReader
from server.grpc.sender import Sender, WindowError
from server.http.arrival import Arrival

INLINE_CALLS, INLINE_FRAMES = 32, 512
AGE_SECONDS = 30  # after which a client is told to take another connection, and so finds new pods

_WINDOW = 1 << 30  # what the client may send over the connection before it hears of it; `max_held_bytes` is the limit
_PING = b"good bye"  # the client echoes it once it knows that it is to take another connection
_SETTING_BYTES, _PING_BYTES = 6, 8


class Connection(asyncio.Protocol):
    """A client's connection.

    Attributes:
        calls: Its calls.
        renewed_at: The loop's time after which the client is told to take another one.
        since: The loop's time at which it was made, or came to the next stage of its end.
        ending: Whether the client has been told to take another one.
        closed: Whether nothing more is read.
    """

    def __init__(self, shared: Shared) -> None:
        self.ending = self.closed = False
        self._shared = shared
        self._arrival = Arrival(shared.turns)
        self._loop = asyncio.get_running_loop()
        self.since = self._loop.time()
        self.renewed_at = self.since + AGE_SECONDS * random.uniform(0.9, 1.1)  # noqa: S311 (not a secret)
        self._calls_in_a_row = self._frames_in_a_row = 0
        self._spent = 0  # of the connection's window

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.sender = Sender(self.transport, self._shared.fields)
        self.calls = Calls(self._shared, self.sender, self._arrived, self.settle)
        self.reader = FrameReader(
            {
                frames.DATA: self._on_data,
                frames.HEADERS: self.calls.on_fields,
                frames.RST_STREAM: self.calls.on_reset,
                frames.SETTINGS: self._on_settings,
                frames.PUSH_PROMISE: self._on_push,
                frames.PING: self._on_ping,
                frames.GOAWAY: self._on_goaway,
                frames.WINDOW_UPDATE: self._on_window_update,
            }
        )
        self._shared.connections.add(self)
        call_window = min(self._shared.limits.max_body_bytes + MAX_PAYLOAD, MAX_WINDOW)
        self.sender.send(frames.settings(((frames.MAX_CALLS, MAX_CALLS), (frames.CALL_WINDOW, call_window))))
        self.sender.send(frames.window_update(0, _WINDOW))
        self.sender.flush()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (asyncio's name)
        self.closed = True
        self._arrival.end()
        self._shared.connections.discard(self)
        self.calls.leave()

    def pause_writing(self) -> None:
        self.transport.pause_reading()  # a client that does not read its answers gets no more of them

    def resume_writing(self) -> None:
        self.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        if not self.closed:
            self.calls.arrived_at = self._arrival.time(self.transport, self._loop.time())
            self.reader.feed(data)
            self._read()

    def renew(self) -> None:
        """Tell the client to take another connection for its next calls, and wait for those that are on their way."""
        if not self.ending and not self.transport.is_closing():
            self.ending = True
            self.since = self._loop.time()
            self.sender.send(frames.goaway(MAX_WINDOW))
            self.sender.send(frames.frame(frames.PING, 0, 0, _PING))
            self.sender.flush()

    def finish(self) -> None:
        """Take no more calls, and close when those that have begun are answered."""
        if not self.calls.over:
            self.ending = self.calls.over = True
            self.since = self._loop.time()
            self.sender.send(frames.goaway(self.calls.last_stream))
        self.settle()

    def _read(self) -> None:
        self._calls_in_a_row = self._frames_in_a_row = 0
        try:
            if self.reader.read(self._is_enough) and not self.closed:
                self._loop.call_soon(self._read)
        except HPACKError:
            self._fault(frames.COMPRESSION_ERROR)
        except WindowError:
            self._fault(frames.FLOW_CONTROL_ERROR)
        except ConnectionFault as fault:
            self._fault(fault.code)
        self.settle()

    def _arrived(self) -> None:
        self.reader.overhead = self.reader.data_bytes = 0
        self._calls_in_a_row += 1

    def _is_enough(self) -> bool:
        self._frames_in_a_row += 1
        return self._calls_in_a_row >= INLINE_CALLS or self._frames_in_a_row > INLINE_FRAMES or self.closed

    def _fault(self, code: int) -> None:
        self.ending = self.calls.over = True
        self.sender.send(frames.goaway(self.calls.last_stream, code))
        self.calls.leave()

    def settle(self) -> None:
        """Write what is to be sent, and close the connection if it has ended."""
        if self.transport.is_closing():
            return
        if self._shared.draining and self.calls.answered:
            self.renew()
        self.sender.flush()
        if self.calls.over and not self.calls.open and not self.closed:
            self.closed = True
            self.since = self._loop.time()
            self.sender.finish()
            self.transport.resume_reading()  # until the client closes too

    def _on_data(self, flags: int, stream: int, payload: bytes) -> None:
        self._spent += len(payload)
        if self._spent > _WINDOW // 2:
            self.sender.send(frames.window_update(0, self._spent))
            self._spent = 0
        self.calls.on_data(flags, stream, payload)

    def _on_settings(self, flags: int, stream: int, payload: bytes) -> None:
        if flags & ACK:
            return
        if stream or len(payload) % _SETTING_BYTES:
            raise ConnectionFault
        window = dict(frames.SETTING.iter_unpack(payload)).get(frames.CALL_WINDOW)
        if window is not None:
            self.sender.set_call_window(window, self.calls.open)
        self.sender.send(frames.frame(frames.SETTINGS, ACK, 0))
        self.calls.proceed()

    def _on_push(self, _flags: int, _stream: int, _payload: bytes) -> None:
        raise ConnectionFault

    def _on_ping(self, flags: int, _stream: int, payload: bytes) -> None:
        if len(payload) != _PING_BYTES:
            raise ConnectionFault(frames.FRAME_SIZE_ERROR)
        if not flags & ACK:
            self.sender.send(frames.frame(frames.PING, ACK, 0, payload))
        elif self.ending and payload == _PING:
            self.finish()

    def _on_goaway(self, _flags: int, _stream: int, _payload: bytes) -> None:
        self.finish()

    def _on_window_update(self, _flags: int, stream: int, payload: bytes) -> None:
        if len(payload) != frames.NUMBER.size:
            raise ConnectionFault(frames.FRAME_SIZE_ERROR)
        increment = frames.NUMBER.unpack(payload)[0] & MAX_WINDOW
        if not increment:
            raise ConnectionFault
        call = self.calls.open.get(stream)
        if call or not stream:
            self.sender.widen(call, increment)
            self.calls.proceed()
