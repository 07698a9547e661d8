"""The calls of one connection, from their first frame to their response, with limits on their number."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hpack import Decoder

from server.errors import HeadTooLarge, Overloaded, ServingError
from server.grpc import frames
from server.grpc.call import Call
from server.grpc.frames import END_STREAM
from server.grpc.reader import ConnectionFault
from server.grpc.sender import Sender
from server.grpc.service import UNKNOWN, Service, no_method
from server.http.access_log import AccessLog
from server.http.arrival import Turns
from server.http.limits import HEAD_BYTES, HEAD_FIELDS, ConnectionLimits
from server.http.worker import ClientDisconnected
from server.response import Response

if TYPE_CHECKING:
    from server.grpc.connection import Connection

MAX_CALLS = 128  # of a connection; clients let others wait
MAX_ALL_CALLS = 4096
MAX_RESETS = 100  # of calls that were begun, unless as many were answered


@dataclass
class Shared:
    """What all connections have in common.

    Attributes:
        fields: The header fields of every answer, as a block.
        connections: Those that are open.
        calls: How many calls are being answered.
        tasks: What answers them off the event loop.
        turns: The event loop's.
        draining: Whether each connection ends with its next answer.
    """

    service: Service
    limits: ConnectionLimits
    access_log: AccessLog
    fields: bytes
    connections: "set[Connection]" = field(default_factory=set)
    calls: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    turns: Turns = field(default_factory=Turns)
    draining: bool = False


class Calls:
    """The calls of one connection.

    Attributes:
        open: Those that are not answered yet, by their streams.
        last_stream: The stream of the last one.
        answered: How many have been answered.
        since: The loop's time at which the last one ended, or the connection began.
        over: Whether later ones are another connection's.
        arrived_at: The perf_counter() at which what is being read arrived.
    """

    def __init__(self, shared: Shared, sender: Sender, arrived: Callable[[], None], settle: Callable[[], None]) -> None:
        """Start without any.

        Args:
            shared: What all connections have in common.
            sender: What sends the answers.
            arrived: Called when all of a call has arrived.
            settle: Called when a call is answered later than in its turn.
        """
        self.open: dict[int, Call] = {}
        self.last_stream = self.answered = 0
        self.over, self.arrived_at = False, 0.0
        self._loop = asyncio.get_running_loop()
        self.since = self._loop.time()
        self._resets = 0
        self._shared = shared
        self._sender = sender
        self._arrived = arrived
        self._settle = settle
        self._decoder = Decoder(max_header_list_size=HEAD_BYTES)

    def on_fields(self, flags: int, stream: int, block: bytes) -> None:
        fields = list(self._decoder.decode(block, raw=True))  # also if nobody needs them: later blocks refer to them
        if stream <= self.last_stream:  # behind the message
            call = self.open.get(stream)
            if call and not call.arrived:
                self._arrive(call)
            return
        if not stream % 2:
            raise ConnectionFault
        if self.over:
            return
        self.last_stream = stream
        if len(self.open) >= MAX_CALLS:
            self._sender.send(frames.reset(stream, frames.REFUSED_STREAM))
            return
        shared, headers = self._shared, dict(fields)
        route = shared.service.route(headers.get(b":path", b""))
        call = self.open[stream] = Call(stream, route, headers, self.arrived_at, shared.limits, shared.access_log)
        self._sender.begin(call)
        shared.calls += 1
        if len(fields) > HEAD_FIELDS:
            self.refuse(call, HeadTooLarge(f"The call has over {HEAD_FIELDS} header fields. Send fewer."))
        elif shared.calls > MAX_ALL_CALLS:
            self.refuse(call, Overloaded("connections", "Server overloaded: too many calls. Retry later."))
        elif route is UNKNOWN:  # before its messages: a streaming call may never end them
            self.refuse(call, no_method())
        elif flags & END_STREAM:
            self._arrive(call)

    def on_data(self, flags: int, stream: int, payload: bytes) -> None:
        call = self.open.get(stream)
        if call is None or call.arrived:
            if not 0 < stream <= self.last_stream:
                raise ConnectionFault
            return  # the call has been refused
        try:
            call.receive(payload)
        except ServingError as error:
            self.refuse(call, error)
        else:
            if flags & END_STREAM:
                self._arrive(call)

    def on_reset(self, _flags: int, stream: int, _payload: bytes) -> None:
        call = self.open.get(stream)
        if call:
            call.leave()
            self._end(call)
            self._resets += 1
            if self._resets > max(MAX_RESETS, self.answered):
                raise ConnectionFault(frames.ENHANCE_YOUR_CALM)

    def refuse(self, call: Call, error: ServingError) -> None:
        """Answer a call with an error, unless it has ended."""
        if call.stream in self.open:
            call.refuse(error)
            self._sender.refuse(call, error)
            self._end(call)

    def proceed(self) -> None:
        """Send what the client's windows now allow."""
        for call in [call for call in self.open.values() if call.unsent]:
            if self._sender.proceed(call):
                self._end(call)

    def leave(self) -> None:
        """End all calls, for which nobody waits."""
        for call in tuple(self.open.values()):
            call.leave()
            self._end(call)

    def _arrive(self, call: Call) -> None:
        """Answer a call, all of which has arrived."""
        call.arrived = True
        self._arrived()
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
            if call.stream in self.open:
                self._answer(call, answer)
        except ClientDisconnected:  # the call has ended
            return
        except ServingError as error:
            self.refuse(call, error)
        except Exception as error:  # as above
            self.refuse(call, call.fail(error))
        self._settle()

    def _answer(self, call: Call, response: Response) -> None:
        call.answer()
        self.answered += 1
        if self._sender.answer(call, response.body):
            self._end(call)

    def _end(self, call: Call) -> None:
        if self.open.pop(call.stream, None):
            self._shared.calls -= 1
            self.since = self._loop.time()
            call.finish()
