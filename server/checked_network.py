"""Connect to a host by name, but only at a public address, and at the very address that was checked."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import httpcore

from server.errors import BadLink

MAX_HEAD_BYTES = 32 << 10  # of a response, including any interim responses

_HEAD_READ = 4 << 10  # bytes parsed in one turn of the event loop; they can hold 160 interim responses

Resolve = Callable[[str], Awaitable[Sequence[IPv4Address]]]
MayDial = Callable[[IPv4Address], bool]

# What ipaddress considers global, or did in some versions of Python.
_SPECIAL = tuple(
    map(
        IPv4Network,
        (
            "100.64.0.0/10",  # shared address space; some clouds have their metadata service there
            "168.63.129.16/32",  # Azure's platform services
            "192.0.0.0/24",  # protocol assignments, NAT64 among them
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # automatic multicast tunnels
            "192.88.99.0/24",  # 6to4 relays
            "192.175.48.0/24",  # AS112
        ),
    )
)

# A pool of its own: abandoned look-ups would occupy the event loop's for as long as the name servers keep silent.
_THREADS = ThreadPoolExecutor(8, "look-up")


def is_public(address: IPv4Address) -> bool:
    """Whether the address belongs to one machine on the public Internet."""
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    return not any(address in network for network in _SPECIAL)


async def resolve(host: str) -> Sequence[IPv4Address]:
    """Return the IPv4 addresses of a name. Raises OSError if it has none."""
    # The final dot makes the name absolute, so that the cluster's search domains are not tried.
    look_up = partial(socket.getaddrinfo, f"{host}.", None, family=socket.AF_INET, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_THREADS, look_up)
    return [IPv4Address(address[0]) for *_, address in found]


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Resolves a name, checks its addresses, and connects to the one that was checked. Serves a single request."""

    def __init__(self, resolve: Resolve, may_dial: MayDial) -> None:
        self._resolve = resolve
        self._may_dial = may_dial
        self._tcp = httpcore.AnyIOBackend()
        self._head_left: int | None = MAX_HEAD_BYTES  # None once the head is complete

    def head_complete(self) -> None:
        """Lift the limit on the response's head."""
        self._head_left = None

    def max_read(self, wanted: int) -> int:
        """Return how many bytes may be read in one call. Raises BadLink if the head is too long."""
        if self._head_left is None:
            return wanted
        if self._head_left == 0:
            raise link_failed(f"its response has more than {MAX_HEAD_BYTES >> 10} KiB of headers")
        return min(wanted, _HEAD_READ, self._head_left)

    def count_read(self, length: int) -> None:
        if self._head_left is not None:
            self._head_left -= length

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            found = await self._resolve(host)
        except OSError as error:
            raise httpcore.ConnectError from error
        if not found or not all(map(self._may_dial, found)):
            raise httpcore.ConnectError
        stream = await self._tcp.connect_tcp(str(found[0]), port, timeout, local_address, socket_options)
        return _LimitedStream(stream, self)


class _LimitedStream(httpcore.AsyncNetworkStream):
    """Limits the size of the response's head.

    httpcore limits single header blocks but not the number of interim (1xx) responses, and parses all that one read
    brings without yielding to the event loop.
    """

    def __init__(self, stream: httpcore.AsyncNetworkStream, network: CheckedNetwork) -> None:
        self._stream = stream
        self._network = network

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        received = await self._stream.read(self._network.max_read(max_bytes), timeout)
        self._network.count_read(len(received))
        return received

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            stream = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        except httpcore.ConnectError as error:
            if isinstance(error.__cause__, ssl.SSLError):
                raise link_failed("its host does not prove its name by TLS") from error
            raise
        return _LimitedStream(stream, self._network)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def link_failed(why: str) -> BadLink:
    return BadLink(f"The link could not be fetched: {why}.")
