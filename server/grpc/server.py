"""The gRPC port: opened, watched, drained and closed."""

import asyncio
from collections.abc import Mapping
from typing import cast

from server.errors import Overloaded, TooSlow
from server.grpc import frames
from server.grpc.calls import Shared
from server.grpc.connection import Connection
from server.grpc.methods import unready_methods
from server.grpc.service import Service
from server.http.access_log import AccessLog
from server.http.limits import ConnectionLimits
from server.http.listen import BACKLOG, open_port
from server.http.timeouts import BODY_BYTES_PER_SECOND, MAX_CONNECTIONS, Timeouts, unread_bytes
from server.http.worker import WorkerQueue
from server.route import Route
from server.settings import Settings

STOP_INTERVAL = 0.1  # seconds between two looks whether all connections have ended


class GrpcServer:
    """Serves methods on GRPC_PORT.

    Attributes:
        shared: What its connections have in common.
    """

    def __init__(
        self,
        settings: Settings,
        methods: Mapping[str, Route],
        queue: WorkerQueue,
        limits: ConnectionLimits,
        timeouts: Timeouts,
        access_log: AccessLog,
    ) -> None:
        self._port = settings.grpc_port
        self._grace_seconds = settings.grace_seconds
        self._timeouts = timeouts
        fields = [(b"content-type", b"application/grpc")]
        if settings.pod_name:
            fields.append((b"x-served-by", settings.pod_name.encode()))
        self.shared = Shared(Service(methods, queue), limits, access_log, frames.fields(fields))

    async def start(self) -> None:
        """Open the port. Raises SettingsError."""
        loop = asyncio.get_running_loop()
        self._servers = [
            await loop.create_server(self._connection, sock=listening, backlog=BACKLOG)
            for listening in open_port("GRPC_PORT", self._port)
        ]
        self._watch = loop.create_task(self._watch_connections())

    def drain(self) -> None:
        """Tell clients to take other connections: those of now at once, those of later ones with their first answer."""
        self.shared.draining = True
        for connection in tuple(self.shared.connections):
            connection.renew()

    def fail_readiness(self) -> None:
        """Tell those who ask that the server and its models are not ready."""
        self.shared.service.update(unready_methods())

    async def stop(self) -> None:
        """Close the port, and return when all calls are answered; those that take too long are refused."""
        for server in self._servers:
            server.close()
        self.drain()
        await self._closed(self._grace_seconds)
        for connection in tuple(self.shared.connections):
            for call in tuple(connection.calls.open.values()):
                connection.calls.refuse(call, Overloaded("stop", "The server is stopping. Retry later."))
            connection.finish()
        await self._closed(self._timeouts.linger)
        self._watch.cancel()

    async def _closed(self, seconds: float) -> None:
        """Wait until all connections are closed, for some seconds at most."""
        end = asyncio.get_running_loop().time() + seconds
        while self.shared.connections and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(STOP_INTERVAL)

    def _connection(self) -> asyncio.Protocol:
        """Return what answers a new connection; if there are too many, the one that is idle longest makes room."""
        connections = self.shared.connections
        if len(connections) >= MAX_CONNECTIONS:
            idle = [connection for connection in connections if not connection.calls.open]
            if not idle:
                return _Refusal()
            longest = min(idle, key=lambda connection: connection.calls.since)
            longest.finish()
            longest.transport.close()
        return Connection(self.shared)

    async def _watch_connections(self) -> None:
        """Close connections whose time is over, for ever."""
        loop, timeouts = asyncio.get_running_loop(), self._timeouts
        unread: dict[Connection, tuple[int, float]] = {}
        while True:
            await asyncio.sleep(timeouts.interval)
            now = loop.time()
            before, unread = unread, {}
            for connection in tuple(self.shared.connections):
                waiting = unread_bytes(connection.transport) + sum(
                    len(call.unsent) for call in connection.calls.open.values()
                )
                if waiting:
                    size, since = before.get(connection, (0, now))
                    unread[connection] = waiting, since if size == waiting else now
                    if now - unread[connection][1] > timeouts.unread:
                        connection.transport.abort()
                        continue
                self._check(connection, now)

    def _check(self, connection: Connection, now: float) -> None:
        timeouts, calls, waited = self._timeouts, connection.calls, now - connection.since
        for call in tuple(calls.open.values()):
            allowed = timeouts.body + call.received_bytes / BODY_BYTES_PER_SECOND
            if not call.arrived and now - call.since > allowed:
                calls.refuse(call, TooSlow("The message came too slowly. Send it in one piece."))
        if connection.closed:
            if waited > timeouts.linger:
                connection.transport.abort()
        elif not connection.reader.greeted:
            if waited > timeouts.head:
                connection.transport.abort()
        elif connection.ending:
            if waited > timeouts.linger:  # the client does not say that it has heard
                connection.finish()
        elif now > connection.renewed_at or (not calls.open and now - calls.since > timeouts.idle):
            connection.renew()
        connection.settle()


class _Refusal(asyncio.Protocol):
    """A connection that is one too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).write(frames.settings(()) + frames.goaway(0, frames.ENHANCE_YOUR_CALM))
        transport.close()
