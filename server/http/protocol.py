"""One connection: how much a caller may send, and what happens when it is too much or no HTTP."""

import asyncio
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from server.errors import Malformed, Overloaded, ServingError
from server.http import limits, timeouts
from server.http.intake import ConnectionLimits, HalfCloseTransport


class Connection(HttpToolsProtocol):
    """uvicorn's protocol with limits.

    What is amiss with a request stands in its scope under "fault", a ServingError, for the door to answer in its
    turn; nothing more is read then.
    """

    def __init__(self, intake: ConnectionLimits, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self.url = b""
        self.since = self.loop.time()  # when the wait began: for a head, a body, the next request, the end
        self.in_head = True
        self.whole = False  # the request has come in whole
        self.shut = False  # nothing more is answered
        self.head_bytes = 0  # of the head and what came with it, so no less than the head's own
        self.body_bytes = 0
        self.access_log = False  # the journal writes it
        self._intake = intake
        self._deaf = False  # nothing more is read
        self._chunk_bytes = 0
        self._framed_bytes = 0  # of the body and what stands around its chunks, but for what came with the head
        self._held_bytes = 0

    @property
    def waits(self) -> bool:
        """Whether it is open, and no request is being answered or received in it."""
        idle = self.cycle is None or self.cycle.response_complete
        return idle and (self.in_head or self.whole) and not self.shut and not self.transport.is_closing()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._half_closing = HalfCloseTransport(self.transport, self.half_close)
        if not timeouts.room_for(self, cast(set[Connection], self.connections)):
            self.refuse(Overloaded("connections", "The server has more connections than it can serve; try again."))

    def connection_lost(self, exc: Exception | None) -> None:
        self._release()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        self._chunk_bytes = len(data)
        if self.in_head:
            self.head_bytes += len(data)
        elif not self.whole:
            self._framed_bytes += len(data)
        self._feed(data)
        if self.in_head and (fault := limits.too_long(self.url, self.head_bytes)):
            self.refuse(fault)
        elif not self.whole and self._framed_bytes > limits.HEAD_BYTES + 2 * self.body_bytes:
            self.refuse(limits.body_too_large(self._intake.max_body_bytes))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.since = self.loop.time()
        self.in_head = True
        self.whole = False
        self.body_bytes = 0
        self._framed_bytes = 0
        self.head_bytes = self._chunk_bytes

    def on_headers_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        super().on_headers_complete()
        self.cycle.transport = self._half_closing  # type: ignore[assignment]
        self.scope["cycle"] = self.cycle  # type: ignore[typeddict-unknown-key]
        self.since = self.loop.time()
        self.in_head = False
        if fault := self._fault_of_head():
            self._deaf = True
            self.scope["fault"] = fault  # type: ignore[typeddict-unknown-key]
            self.cycle.keep_alive = False
        self.headers = []  # what a trailer says is no header

    def on_body(self, body: bytes) -> None:
        if self._deaf:
            return
        self.body_bytes += len(body)
        self._held_bytes += len(body)
        self._intake.held_bytes += len(body)
        if self.body_bytes > self._intake.max_body_bytes:
            self.refuse(limits.body_too_large(self._intake.max_body_bytes))
        elif self._intake.held_bytes > self._intake.max_held_bytes:
            self.refuse(Overloaded("bytes", "The server holds more bodies than it can work off soon; ask again."))
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        self.whole = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        # As uvicorn does it, but for its timer: patience.py looks after those who wait.
        self._release()
        self.server_state.total_requests += 1
        if self.shut or self.transport.is_closing():
            return
        if self.whole:
            self.since = self.loop.time()
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())

    def refuse(self, fault: ServingError) -> None:
        """Have a fault of what is being received answered after the requests before it, and read nothing more."""
        if self._deaf:
            return
        self._deaf = True
        if self.in_head or self.whole:
            self._begin_faulty(fault)
        elif self.cycle.response_complete:
            self.half_close()
        else:
            self.scope["fault"] = fault  # type: ignore[typeddict-unknown-key]
            self.cycle.keep_alive = False
            self.cycle.message_event.set()

    def half_close(self) -> None:
        """Say that no more comes, and let the caller finish: a reset would destroy the answer on its way."""
        if not self.shut and not self.transport.is_closing():
            self.shut = self._deaf = True
            self.since = self.loop.time()
            self.transport.write_eof()
            self.flow.resume_reading()

    def _feed(self, data: bytes) -> None:
        pieces: list[bytes | memoryview] = [data]
        try:
            while pieces:
                piece = pieces.pop()
                try:
                    self.parser.feed_data(piece)
                except httptools.HttpParserUpgrade as upgrade:
                    # The parser takes what follows for another protocol, the body too.
                    again = limits.without_upgrade(self.parser, self.url, self.headers)
                    pieces += [memoryview(piece)[upgrade.args[0] :], again]
                    self.parser = httptools.HttpRequestParser(self)
        except Malformed as fault:
            self.refuse(fault)
        except httptools.HttpParserError:
            self.refuse(Malformed("This is not a request in HTTP/1.1 that can be understood in one way only."))

    def _fault_of_head(self) -> ServingError | None:
        fault = None
        if self.head_bytes > limits.URL_BYTES:
            fault = limits.too_long(self.url, limits.size(self.url, self.headers))
        return fault or limits.wrong(self.headers, self.scope["http_version"], self._intake.max_body_bytes)

    def _begin_faulty(self, fault: ServingError) -> None:
        """A request of which nothing is known but what is wrong with it."""
        self.on_message_begin()
        self.in_head, self.whole = False, True
        self.scope.update({"method": "-", "path": "", "fault": fault})  # type: ignore[typeddict-item]
        before, self.cycle = (
            self.cycle,
            RequestResponseCycle(
                scope=self.scope,
                transport=self._half_closing,  # type: ignore[arg-type]
                flow=self.flow,
                logger=self.logger,
                access_logger=self.access_logger,
                access_log=False,
                default_headers=self.server_state.default_headers,
                message_event=asyncio.Event(),
                expect_100_continue=False,
                keep_alive=False,
                on_response=self.on_response_complete,
            ),
        )
        if before is None or before.response_complete:
            self._start_asgi_task(self.cycle, self.app)
        else:
            self.pipeline.appendleft((self.cycle, self.app))

    def _release(self) -> None:
        self._intake.held_bytes -= self._held_bytes
        self._held_bytes = 0
