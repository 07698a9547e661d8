import asyncio
from ipaddress import IPv4Address

import pytest

from server.checked_network import is_public, resolve


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "0.1.2.3",  # noqa: S104 (this network, not bound to)
        "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",  # private
        "100.64.0.1", "100.100.100.200", "100.127.255.255",  # shared
        "127.0.0.1", "127.255.255.254",
        "169.254.169.254",  # link-local: the metadata of clouds
        "168.63.129.16",
        "192.0.0.8", "192.0.0.9", "192.0.0.170", "192.0.0.192",
        "192.0.2.1", "198.51.100.1", "203.0.113.255",  # documentation
        "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.175.48.1",
        "198.18.0.1", "198.19.255.255",  # benchmarks
        "224.0.0.1", "233.252.0.1", "239.255.255.255",  # multicast
        "240.0.0.1", "255.255.255.254", "255.255.255.255",
    ],
)  # fmt: skip
def test_special_addresses_are_not_public(address: str) -> None:
    assert not is_public(IPv4Address(address))


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "223.255.255.1",
    ],
)
def test_ordinary_addresses_are_public(address: str) -> None:
    assert is_public(IPv4Address(address))


def test_resolving_an_unknown_name_raises() -> None:
    with pytest.raises(OSError, match=r"not known|No address|Temporary failure"):
        asyncio.run(resolve("pictures.invalid"))
