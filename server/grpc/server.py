"""The gRPC port: its limits, its start and its stop.

silent connection                     Timeouts.head
idle connection                       Timeouts.idle
too many connections                  MAX_CONNECTIONS; each is renewed after AGE_SECONDS, so that clients find new pods
too many calls                        MAX_STREAMS of a connection wait, MAX_CALLS of the server are refused
long message                          max_body_bytes
slow message                          server/grpc/intake.py
compression bomb                      compressed messages are refused
metadata flood                        gRPC's own limits: 8 KiB, or at the latest 16 KiB
unread answers                        the connection's age
"""

import asyncio
from collections.abc import Mapping

from grpc import aio

from server.grpc.intake import Intake
from server.grpc.service import Service
from server.http.access_log import AccessLog
from server.http.limits import ConnectionLimits
from server.http.timeouts import MAX_CONNECTIONS, Timeouts
from server.http.worker import WorkerQueue
from server.route import Route
from server.settings import Settings, SettingsError

AGE_SECONDS = 30  # by a tenth more or less, so that connections that began together do not end together
MAX_STREAMS = 128
STOP_SECONDS = 1  # for the refusals of what is left after the grace period to arrive

_IDENTITY = 1  # the bit of uncompressed messages


class GrpcServer:
    """Serves methods on GRPC_PORT, over IPv6 and IPv4."""

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
        self._options = _options(limits, timeouts, settings.grace_seconds)
        intake = Intake(limits.max_held_bytes // limits.max_body_bytes, limits.max_body_bytes, timeouts)
        self._service = Service(methods, queue, intake, limits, access_log)

    async def start(self) -> None:
        """Open the port. Raises SettingsError."""
        self._server = aio.server(handlers=[self._service], options=self._options)
        try:
            self._server.add_insecure_port(f"[::]:{self._port}")
        except RuntimeError as error:
            raise SettingsError(f"GRPC_PORT {self._port} cannot be opened. Is another program using it?") from error
        await self._server.start()

    async def stop(self) -> None:
        """Close the port, and return when all calls have ended; those that take too long are refused."""
        stopped = asyncio.ensure_future(self._server.stop(self._grace_seconds + STOP_SECONDS))
        await asyncio.wait([stopped], timeout=self._grace_seconds)
        self._service.refuse_all()
        await stopped


def _options(limits: ConnectionLimits, timeouts: Timeouts, grace_seconds: int) -> list[tuple[str, int]]:
    return [
        ("grpc.max_receive_message_length", limits.max_body_bytes),
        ("grpc.max_send_message_length", -1),
        ("grpc.compression_enabled_algorithms_bitset", _IDENTITY),
        ("grpc.max_concurrent_streams", MAX_STREAMS),
        ("grpc.max_allowed_incoming_connections", MAX_CONNECTIONS),
        ("grpc.server_handshake_timeout_ms", int(timeouts.head * 1000)),
        ("grpc.max_connection_idle_ms", int(timeouts.idle * 1000)),
        ("grpc.max_connection_age_ms", AGE_SECONDS * 1000),
        ("grpc.max_connection_age_grace_ms", max(1, grace_seconds) * 1000),
        ("grpc.http2.bdp_probe", 0),  # or gRPC widens its windows, and with them what a call may send unread
        ("grpc.so_reuseport", 0),  # or two servers could share the port without notice
    ]
