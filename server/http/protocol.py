"""One connection: uvicorn's HTTP protocol, with a limit against each way in which a client could hold the server up.

slowloris (a head that never ends)          Timeouts.head, then 408
slow body                                   Timeouts.body and BODY_BYTES_PER_SECOND, then 408
slow reader (responses left unread)         Timeouts.unread, then the connection is aborted
header flood                                HEAD_BYTES and HEAD_FIELDS → 431, URL_BYTES → 414
body flood                                  ConnectionLimits.body_bytes → 413; all together max_held_bytes → 503
chunk flood (frames without content)        framing may take no more than twice the body and HEAD_BYTES → 413
idle connection hoarding                    Timeouts.idle; MAX_CONNECTIONS, beyond which idle ones are evicted
half-open connections after a refusal       Timeouts.linger
request smuggling                           limits.check_head and the parser: one reading only, else 400
protocol upgrades                           parse.py: the request is answered as HTTP/1.1
"""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from server.errors import Malformed, Overloaded, ServingError
from server.http import limits, parse, timeouts
from server.http.arrival import Arrival, Turns
from server.http.limits import ConnectionLimits
from server.http.request import EXTENSION, RequestExtension
from server.http.timeouts import Phase, Timeouts
from server.http.write import HalfCloseTransport, closing_cycle

# Looking up a member through its class takes 0.07 µs in Python 3.11, and a request needs some fifteen.
HEAD, BODY, ANSWERING, IDLE, REFUSED, CLOSING = Phase


class Connection(HttpToolsProtocol):
    """uvicorn's protocol with limits.

    The app gets what is wrong with a request as the fault of its RequestExtension. Nothing more is read then.

    Attributes:
        phase: What the connection is doing. Only `_enter` sets it.
        since: The loop's time at which the current wait began.
        head_bytes: Bytes of the head and of what came with it, so no less than the head's own.
        body_bytes: Bytes of the body that were received.
    """

    def __init__(self, shared: ConnectionLimits, seconds: Timeouts, turns: Turns, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self.url = b""
        self.phase = HEAD
        self.since = self.loop.time()
        self.head_bytes = 0
        self.body_bytes = 0
        self.access_log = False  # AccessLog writes it
        self._limits = shared
        self._timeouts = seconds
        self._arrival = Arrival(turns)
        self._extension = RequestExtension()
        self._chunk_bytes = 0
        self._framed_bytes = 0  # of the body and the framing of its chunks, without what came with the head
        self._held_bytes = 0
        self._max_body_bytes = shared.max_body_bytes  # more, once a body is longer and may be

    @property
    def is_idle(self) -> bool:
        """Whether the connection is open and no request is being answered; one may be in its head."""
        between = self.phase is IDLE or (self.phase is HEAD and (self.cycle is None or self.cycle.response_complete))
        return between and not self.transport.is_closing()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._half_closing = HalfCloseTransport(self.transport, self.half_close)
        if not timeouts.evict_idle(self, cast(set[Connection], self.connections), self._timeouts.settled):
            self.refuse(Overloaded("connections", "Server overloaded: too many connections. Retry later."))

    def connection_lost(self, exc: Exception | None) -> None:
        self._release()
        self._arrival.end()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.phase >= REFUSED:
            return
        self._chunk_bytes = len(data)
        if self.phase is HEAD:
            self.head_bytes += len(data)
        elif self.phase is BODY:
            self._framed_bytes += len(data)
        try:
            parse.feed(self, data)
        except Malformed as malformed:
            self.refuse(malformed)
        if self.phase is HEAD and (fault := limits.check_size(self.url, self.head_bytes)):
            self.refuse(fault)
        elif self.phase is BODY and self._framed_bytes > limits.HEAD_BYTES + 2 * self.body_bytes:
            self.refuse(self._limits.too_large(self.scope["headers"]))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._enter(HEAD)
        self.body_bytes = 0
        self._framed_bytes = 0
        self._max_body_bytes = self._limits.max_body_bytes
        self.head_bytes = self._chunk_bytes

    def on_headers_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        super().on_headers_complete()
        self._enter(BODY)
        self._extend(self.cycle)
        if fault := self._limits.fault_of_head(self.url, self.headers, self.scope["http_version"], self.head_bytes):
            self._enter(REFUSED)
            self._extension.fault = fault
            self.cycle.keep_alive = False
        self.headers = []  # a trailer is not a header

    def on_body(self, body: bytes) -> None:
        if self.phase >= REFUSED:
            return
        self.body_bytes += len(body)
        if self.body_bytes > self._max_body_bytes:
            self._max_body_bytes = self._limits.body_bytes(self.scope["headers"])
        if self.body_bytes > self._max_body_bytes:
            self.refuse(self._limits.too_large(self.scope["headers"]))
            return
        self._held_bytes += len(body)
        try:
            self._limits.hold(len(body))
        except Overloaded as fault:
            self.refuse(fault)
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        self._enter(IDLE if self.cycle.response_complete else ANSWERING)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        # As uvicorn does it, but without its keep-alive timer: timeouts.watch() checks idle connections.
        self._release()
        self.server_state.total_requests += 1
        if self.phase is CLOSING or self.transport.is_closing():
            return
        if self.phase is ANSWERING and self.cycle.response_complete:
            self._enter(IDLE)
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())

    def refuse(self, fault: ServingError) -> None:
        """Answer what is being received with a fault, after the requests before it, and read nothing more."""
        if self.phase >= REFUSED:
            return
        in_body = self.phase is BODY
        self._enter(REFUSED)
        if not in_body:
            self._begin_faulty(fault)
        elif self.cycle.response_complete:
            self.half_close()
        else:
            self._extension.fault = fault
            self.cycle.keep_alive = False
            self.cycle.message_event.set()

    def half_close(self) -> None:
        """Close our direction and let the client finish: a reset would destroy the response on its way."""
        if self.phase is not CLOSING and not self.transport.is_closing():
            self._enter(CLOSING)
            self.transport.write_eof()
            self.flow.resume_reading()

    def _enter(self, phase: Phase) -> None:
        """Go to a phase, whose time begins now. A connection that has refused a request goes on to CLOSING only."""
        if self.phase < REFUSED or phase > self.phase:
            self.phase = phase
            self.since = self.loop.time()

    def _extend(self, cycle: RequestResponseCycle) -> None:
        """Pass the cycle to the app, and write its response so that the client can read it to the end."""
        cycle.transport = self._half_closing  # type: ignore[assignment]
        self._extension = RequestExtension(cycle, self._arrival.time(self.transport, self.since))
        self.scope["extensions"] = {EXTENSION: self._extension}  # type: ignore[dict-item]

    def _begin_faulty(self, fault: ServingError) -> None:
        """Begin a request of which nothing is known but what is wrong with it."""
        self.on_message_begin()
        self.scope.update({"method": "-", "path": ""})
        before, self.cycle = self.cycle, closing_cycle(self)
        self._extend(self.cycle)
        self._extension.fault = fault
        if before is None or before.response_complete:
            self._start_asgi_task(self.cycle, self.app)
        else:
            self.pipeline.appendleft((self.cycle, self.app))

    def _release(self) -> None:
        self._limits.held_bytes -= self._held_bytes
        self._held_bytes = 0
