"""One connection: HTTP/2 as gRPC needs it, with a limit against each way in which a client could hold the server up.

silent, idle and old connections, unread answers, slow messages    server.py
not HTTP/2, floods of frames or of header fields                   reader.py, hpack.py
long messages                                                      call.py: max_body_bytes and max_held_bytes
calls at the same time                                             MAX_CALLS of a connection, MAX_ALL_CALLS of all
calls that are begun and reset                                     MAX_RESETS, unless as many are answered
many calls at once                                                 others have their turn after INLINE_CALLS

grpcio's own server tells nothing of a message before all of it is here, so that its memory cannot be bounded; and it
takes 500 µs of CPU for a call with one row where this takes 190.
"""

import asyncio
import random
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import cast

from server.errors import HeadTooLarge, Overloaded, ServingError
from server.grpc import frames
from server.grpc.call import Call
from server.grpc.frames import ACK, END_STREAM, MAX_PAYLOAD, MAX_WINDOW
from server.grpc.hpack import Decoder, HpackError
from server.grpc.reader import ConnectionFault, FrameReader
from server.grpc.sender import Sender, WindowError
from server.grpc.service import Service
from server.http.access_log import AccessLog
from server.http.limits import HEAD_BYTES, HEAD_FIELDS, ConnectionLimits
from server.http.worker import ClientDisconnected
from server.response import Response

MAX_CALLS = 128
MAX_ALL_CALLS = 4096
MAX_RESETS = 100
INLINE_CALLS = 32
AGE_SECONDS = 30

_WINDOW = 1 << 30  # what the client may send over the connection before it hears of it; `max_held_bytes` is the limit
_PING = b"good bye"  # the client echoes it once it knows that it is to take another connection
_SETTING_BYTES, _PING_BYTES = 6, 8


@dataclass
class Shared:
    """What all connections have in common.

    Attributes:
        fields: The header fields of every answer, as a block.
        connections: Those that are open.
        calls: How many calls are being answered.
        tasks: What answers them off the event loop.
        draining: Whether each connection ends with its next answer.
    """

    service: Service
    limits: ConnectionLimits
    access_log: AccessLog
    fields: bytes
    connections: "set[Connection]" = field(default_factory=set)
    calls: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    draining: bool = False


class Connection(asyncio.Protocol):
    """A client's connection.

    Attributes:
        renewed_at: The loop's time after which the client is told to take another, and so to find new pods.
        since: The loop's time at which it was made, answered last, or began to end.
        calls: The calls that are not answered yet, by their streams.
        ending: Whether the client has been told to take another connection.
        closed: Whether nothing more is read.
    """

    def __init__(self, shared: Shared) -> None:
        self.calls: dict[int, Call] = {}
        self.ending = self.closed = False
        self._final = False  # whether calls after `_last_stream` are another connection's
        self._last_stream = 0
        self._answers = self._resets = self._spent = self._in_a_row = 0
        self._shared = shared
        self._loop = asyncio.get_running_loop()
        self.since = self._loop.time()
        self.renewed_at = self.since + AGE_SECONDS * random.uniform(0.9, 1.1)  # noqa: S311 (not a secret)
        self._decoder = Decoder(HEAD_BYTES)
        self.reader = FrameReader(
            {
                frames.DATA: self._on_data,
                frames.HEADERS: self._on_fields,
                frames.RST_STREAM: self._on_reset,
                frames.SETTINGS: self._on_settings,
                frames.PUSH_PROMISE: self._on_push,
                frames.PING: self._on_ping,
                frames.GOAWAY: self._on_goaway,
                frames.WINDOW_UPDATE: self._on_window_update,
            }
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.sender = Sender(self.transport, self._shared.fields)
        self._shared.connections.add(self)
        call_window = min(self._shared.limits.max_body_bytes + MAX_PAYLOAD, MAX_WINDOW)
        self.sender.send(frames.settings(((frames.MAX_CALLS, MAX_CALLS), (frames.CALL_WINDOW, call_window))))
        self.sender.send(frames.window_update(0, _WINDOW))
        self.sender.flush()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (asyncio's name)
        self.closed = True
        self._shared.connections.discard(self)
        for call in tuple(self.calls.values()):
            call.leave()
            self._end(call)

    def pause_writing(self) -> None:
        self.transport.pause_reading()  # a client that does not read its answers gets no more of them

    def resume_writing(self) -> None:
        self.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        if not self.closed:
            self.reader.feed(data)
            self._read()

    def refuse(self, call: Call, error: ServingError) -> None:
        """Answer a call with an error, unless it has ended."""
        if call.stream in self.calls:
            call.refuse(error)
            self.sender.refuse(call, error)
            self._end(call)

    def renew(self) -> None:
        """Tell the client to take another connection for its next calls, and wait for those that are on their way."""
        if not self.ending:
            self.ending = True
            self.since = self._loop.time()
            self.sender.send(frames.goaway(MAX_WINDOW))
            self.sender.send(frames.frame(frames.PING, 0, 0, _PING))
            self.sender.flush()

    def finish(self) -> None:
        """Take no more calls, and close when those that have begun are answered."""
        if not self._final:
            self.ending = self._final = True
            self.since = self._loop.time()
            self.sender.send(frames.goaway(self._last_stream))
        self.settle()

    def _read(self) -> None:
        self._in_a_row = 0
        try:
            if self.reader.read(self._is_enough) and not self.closed:
                self._loop.call_soon(self._read)
        except HpackError:
            self._fault(frames.COMPRESSION_ERROR)
        except WindowError:
            self._fault(frames.FLOW_CONTROL_ERROR)
        except ConnectionFault as fault:
            self._fault(fault.code)
        self.settle()

    def _is_enough(self) -> bool:
        return self._in_a_row >= INLINE_CALLS or self.closed

    def _fault(self, code: int) -> None:
        self.ending = self._final = True
        self.sender.send(frames.goaway(self._last_stream, code))
        for call in tuple(self.calls.values()):
            call.leave()
            self._end(call)

    def settle(self) -> None:
        """Write what is to be sent, and close the connection if it has ended."""
        if self.transport.is_closing():
            return
        self.sender.flush()
        if self._final and not self.calls and not self.closed:
            self.closed = True
            self.since = self._loop.time()
            self.sender.finish()
            self.transport.resume_reading()  # until the client closes too

    def _on_fields(self, flags: int, stream: int, block: bytes) -> None:
        fields = self._decoder.decode(block)  # even if nobody needs them, since later ones refer to them
        if stream <= self._last_stream:  # behind the message
            call = self.calls.get(stream)
            if call and not call.arrived:
                self._arrive(call)
            return
        if not stream % 2:
            raise ConnectionFault
        if self._final:
            return
        self._last_stream = stream
        if len(self.calls) >= MAX_CALLS:
            self.sender.send(frames.reset(stream, frames.REFUSED_STREAM))
            return
        shared, headers = self._shared, dict(fields)
        route = shared.service.route(headers.get(b":path", b""))
        call = self.calls[stream] = Call(stream, route, headers, shared.limits, shared.access_log)
        self.sender.begin(call)
        shared.calls += 1
        if len(fields) > HEAD_FIELDS:
            self.refuse(call, HeadTooLarge(f"The call has over {HEAD_FIELDS} header fields. Send fewer."))
        elif shared.calls > MAX_ALL_CALLS:
            self.refuse(call, Overloaded("connections", "Server overloaded: too many calls. Retry later."))
        elif flags & END_STREAM:
            self._arrive(call)

    def _on_data(self, flags: int, stream: int, payload: bytes) -> None:
        self._spent += len(payload)
        if self._spent > _WINDOW // 2:
            self.sender.send(frames.window_update(0, self._spent))
            self._spent = 0
        call = self.calls.get(stream)
        if call is None or call.arrived:
            if not 0 < stream <= self._last_stream:
                raise ConnectionFault
            return  # the call has been refused
        try:
            call.receive(payload)
        except ServingError as error:
            self.refuse(call, error)
        else:
            if flags & END_STREAM:
                self._arrive(call)

    def _on_reset(self, _flags: int, stream: int, _payload: bytes) -> None:
        call = self.calls.get(stream)
        if call:
            call.leave()
            self._end(call)
            self._resets += 1
            if self._resets > max(MAX_RESETS, self._answers):
                raise ConnectionFault(frames.ENHANCE_YOUR_CALM)

    def _on_settings(self, flags: int, stream: int, payload: bytes) -> None:
        if flags & ACK:
            return
        if stream or len(payload) % _SETTING_BYTES:
            raise ConnectionFault
        for name, value in frames.SETTING.iter_unpack(payload):
            if name == frames.CALL_WINDOW:
                self.sender.set_call_window(value, self.calls)
        self.sender.send(frames.frame(frames.SETTINGS, ACK, 0))
        self._proceed()

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
        call = self.calls.get(stream)
        if call or not stream:
            self.sender.widen(call, increment)
            self._proceed()

    def _proceed(self) -> None:
        for call in [call for call in self.calls.values() if call.unsent]:
            if self.sender.proceed(call):
                self._end(call)

    def _arrive(self, call: Call) -> None:
        """Answer a call, all of which has arrived."""
        call.arrived = True
        self.reader.overhead = self.reader.data_bytes = 0
        self._in_a_row += 1
        try:
            response = self._shared.service.answer(call)
        except ServingError as error:
            self.refuse(call, error)
        except Exception as error:  # the outermost boundary: the caller gets a fixed sentence, the log the detail
            self.refuse(call, call.fail(error))
        else:
            if isinstance(response, Response):
                self._answer(call, response)
            else:
                task = self._loop.create_task(self._answer_later(call, response))
                self._shared.tasks.add(task)
                task.add_done_callback(self._shared.tasks.discard)

    async def _answer_later(self, call: Call, response: Awaitable[Response]) -> None:
        try:
            answer = await response
            if call.stream in self.calls:
                self._answer(call, answer)
        except ClientDisconnected:  # the call has ended
            return
        except ServingError as error:
            self.refuse(call, error)
        except Exception as error:  # as above
            self.refuse(call, call.fail(error))
        self.settle()

    def _answer(self, call: Call, response: Response) -> None:
        call.answer()
        self._answers += 1
        if self.sender.answer(call, response.body):
            self._end(call)
        if self._shared.draining:
            self.renew()

    def _end(self, call: Call) -> None:
        if self.calls.pop(call.stream, None):
            self._shared.calls -= 1
            self.since = self._loop.time()
            call.finish()
