"""Which addresses a host's name has, and which of them belong to the public Internet."""

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import IPv4Address, IPv4Network

_SPECIAL = tuple(
    map(
        IPv4Network,
        (
            "100.64.0.0/10",  # shared by a provider's customers; some clouds keep their metadata there
            "168.63.129.16/32",  # Azure's own services, as its machines see them
            "192.0.0.0/24",  # protocol assignments, NAT64 among them
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # automatic multicast tunnels
            "192.88.99.0/24",  # relays from 6to4
            "192.175.48.0/24",  # AS112
        ),
    )
)
"""What ipaddress takes, or in some versions of Python took, for global."""

_THREADS = ThreadPoolExecutor(8, "look-up")
"""The event loop's own would go on with those that were given up, for as long as the name servers keep silent."""


def is_public(address: IPv4Address) -> bool:
    """Whether it is one machine's on the public Internet."""
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    return not any(address in network for network in _SPECIAL)


async def resolve(host: str) -> Sequence[IPv4Address]:
    """Its IPv4 addresses. Raises OSError where it has none."""
    # With the last dot the name is whole, and none of the cluster's own domains is tried behind it.
    look_up = partial(socket.getaddrinfo, f"{host}.", None, family=socket.AF_INET, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_THREADS, look_up)
    return [IPv4Address(address[0]) for *_, address in found]
