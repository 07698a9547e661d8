"""Which address is dialled for a link, and who is believed to be there."""

import asyncio
import ssl
from collections.abc import Callable
from ipaddress import IPv4Address
from pathlib import Path

import pytest
import uvloop

from server import links
from server.addresses import is_public
from server.errors import BadLink
from server.links import Links
from tests.server.links.host import (
    LOOPBACK,
    NAME,
    PICTURE,
    TRUSTING_NOBODY,
    Serve,
    certified,
    fetched,
    listening,
    saying,
)

UNREACHED = "The link could not be fetched: its host cannot be reached."


def looked_up(
    *answers: list[str] | OSError, may_dial: Callable[[IPv4Address], bool] = is_public
) -> tuple[list[str], int]:
    """The refusals of links to a host whose name has those addresses, one after the other, and its connections."""
    coming = list(answers)

    async def resolve(_name: str) -> list[IPv4Address]:
        answer = coming.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return list(map(IPv4Address, answer))

    async def scenario() -> tuple[list[str], int]:
        told = []
        async with listening(saying(PICTURE)) as host:
            guarded = Links({(NAME, host.port)}, resolve, may_dial, TRUSTING_NOBODY)
            for _ in answers:
                try:
                    told.append((await fetched(guarded, f"http://{NAME}:{host.port}/")).decode())
                except BadLink as refusal:
                    told.append(refusal.sentence)
            return told, host.connections

    return uvloop.run(scenario())


@pytest.mark.parametrize(
    "answer",
    [
        ["127.0.0.1"],
        ["8.8.8.8", "127.0.0.1"],
        ["127.0.0.1", "8.8.8.8"],
        ["169.254.169.254"],
        [],
        OSError("no such name"),
    ],
)
def test_a_name_with_an_address_that_is_not_public_is_dialled_at_none(answer: list[str] | OSError) -> None:
    assert looked_up(answer) == ([UNREACHED], 0)


def test_the_address_dialled_is_the_one_looked_at_each_time() -> None:
    told = looked_up(
        ["127.0.0.1"],
        ["127.0.0.2"],
        ["127.0.0.1", "127.0.0.2"],
        ["127.0.0.1"],
        may_dial=lambda address: address == LOOPBACK,
    )
    assert told == (["picture", UNREACHED, UNREACHED, "picture"], 2)


def test_a_port_that_nobody_listens_at_cannot_be_reached() -> None:
    async def scenario() -> None:
        async with listening(saying()) as host:
            pass
        await fetched(host.links(), f"http://{NAME}:{host.port}/")

    with pytest.raises(BadLink, match="its host cannot be reached"):
        uvloop.run(scenario())


def fetch_by_tls(
    serve: Serve, certificate: ssl.SSLContext | None = None, trusted: ssl.SSLContext = TRUSTING_NOBODY
) -> bytes:
    async def scenario() -> bytes:
        async with listening(serve, certificate) as host:
            return await fetched(host.links(trusted), f"https://{NAME}:{host.port}/")

    return uvloop.run(scenario())


def test_a_host_that_proves_its_name_by_tls_is_asked(tmp_path: Path) -> None:
    assert fetch_by_tls(saying(PICTURE), *certified(NAME, tmp_path)) == b"picture"


@pytest.mark.parametrize("name", ["other.example", "example", "a.pictures.example", "127.0.0.1"])
def test_a_host_that_proves_another_name_is_not(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadLink, match="its host does not prove by TLS that it is the one named"):
        fetch_by_tls(saying(PICTURE), *certified(name, tmp_path))


def test_a_certificate_by_nobody_proves_nothing(tmp_path: Path) -> None:
    server, _ = certified(NAME, tmp_path)
    with pytest.raises(BadLink, match="does not prove by TLS"):
        fetch_by_tls(saying(PICTURE), server, TRUSTING_NOBODY)


def test_a_host_that_speaks_no_tls_is_not_asked_without() -> None:
    async def at_once(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(PICTURE)

    with pytest.raises(BadLink, match="does not prove by TLS"):
        fetch_by_tls(at_once)


def test_a_host_that_keeps_silent_cannot_be_reached_by_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "CONNECT_SECONDS", 0.2)
    with pytest.raises(BadLink, match="its host cannot be reached"):
        fetch_by_tls(saying())
