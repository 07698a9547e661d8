import asyncio
import socket

import pytest
import uvloop

from server.http.listen import ACCEPTED, BACKLOG, open_port
from server.settings import SettingsError
from tests.served import free_port


async def turns_until_accepted(port: int, clients: int) -> int:
    """Return how often the event loop turns until it has accepted connections that are all there at its first turn."""
    loop = asyncio.get_running_loop()
    accepted = 0

    class Counted(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            nonlocal accepted
            accepted += 1
            transport.close()

    servers = [await loop.create_server(Counted, sock=one, backlog=BACKLOG) for one in open_port("PORT", port)]
    connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(clients)]
    turns = 0
    while accepted < clients:
        await asyncio.sleep(0)
        turns += 1
    for connection in connections:
        connection.close()
    for server in servers:
        server.close()
    return turns


def test_connections_of_one_moment_are_accepted_together() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        turns = runner.run(turns_until_accepted(free_port(), ACCEPTED))
    assert turns < ACCEPTED / 2, "a probe among them would wait so many turns"


def test_each_family_has_its_sockets() -> None:
    port = free_port()
    opened = open_port("PORT", port)
    families = [one.family for one in opened]
    assert families == [socket.AF_INET] * ACCEPTED + [socket.AF_INET6] * (len(families) - ACCEPTED)
    assert {one.getsockname()[1] for one in opened} == {port}
    for one in opened:
        one.close()


def test_a_taken_port_is_refused_and_nothing_stays_open() -> None:
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"GRPC_PORT {port} cannot be opened: Address already in use"):
            open_port("GRPC_PORT", port)
