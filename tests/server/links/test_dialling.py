"""Which address is dialled for a link, and how the host must prove its name."""

import asyncio
import ssl
from collections.abc import Callable
from ipaddress import IPv4Address
from pathlib import Path

import pytest
import uvloop

from server import links
from server.checked_network import is_public
from server.errors import BadLink
from server.links import Links
from tests.server.links.host import (
    LOOPBACK,
    NAME,
    PICTURE,
    TRUSTING_NOBODY,
    Serve,
    certified,
    download,
    listening,
    saying,
)

UNREACHED = "The link could not be fetched: its host cannot be reached."


def looked_up(
    *answers: list[str] | OSError, may_dial: Callable[[IPv4Address], bool] = is_public
) -> tuple[list[str], int]:
    """Return what a download brings for each look-up result in turn, and the host's number of connections."""
    look_ups = list(answers)

    async def resolve(_name: str) -> list[IPv4Address]:
        answer = look_ups.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return list(map(IPv4Address, answer))

    async def scenario() -> tuple[list[str], int]:
        results = []
        async with listening(saying(PICTURE)) as host:
            guarded = Links({(NAME, host.port)}, resolve, may_dial, TRUSTING_NOBODY)
            for _ in answers:
                try:
                    results.append((await download(guarded, f"http://{NAME}:{host.port}/")).decode())
                except BadLink as refusal:
                    results.append(refusal.sentence)
            return results, host.connections

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
def test_a_name_with_any_private_address_is_not_dialled(answer: list[str] | OSError) -> None:
    assert looked_up(answer) == ([UNREACHED], 0)


def test_the_address_dialled_is_the_one_checked_each_time() -> None:
    results = looked_up(
        ["127.0.0.1"],
        ["127.0.0.2"],
        ["127.0.0.1", "127.0.0.2"],
        ["127.0.0.1"],
        may_dial=lambda address: address == LOOPBACK,
    )
    assert results == (["picture", UNREACHED, UNREACHED, "picture"], 2)


def test_a_closed_port_cannot_be_reached() -> None:
    async def scenario() -> None:
        async with listening(saying()) as host:
            pass
        await download(host.links(), f"http://{NAME}:{host.port}/")

    with pytest.raises(BadLink, match="its host cannot be reached"):
        uvloop.run(scenario())


def fetch_by_tls(
    serve: Serve, certificate: ssl.SSLContext | None = None, trusted: ssl.SSLContext = TRUSTING_NOBODY
) -> bytes:
    async def scenario() -> bytes:
        async with listening(serve, certificate) as host:
            return await download(host.links(trusted), f"https://{NAME}:{host.port}/")

    return uvloop.run(scenario())


def test_a_host_that_proves_its_name_by_tls_is_accepted(tmp_path: Path) -> None:
    assert fetch_by_tls(saying(PICTURE), *certified(NAME, tmp_path)) == b"picture"


@pytest.mark.parametrize("name", ["other.example", "example", "a.pictures.example", "127.0.0.1"])
def test_a_certificate_for_another_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadLink, match="does not prove its name by TLS"):
        fetch_by_tls(saying(PICTURE), *certified(name, tmp_path))


def test_an_untrusted_certificate_is_refused(tmp_path: Path) -> None:
    server, _ = certified(NAME, tmp_path)
    with pytest.raises(BadLink, match="does not prove its name by TLS"):
        fetch_by_tls(saying(PICTURE), server, TRUSTING_NOBODY)


def test_a_host_without_tls_is_not_asked_in_plain_text() -> None:
    async def at_once(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(PICTURE)

    with pytest.raises(BadLink, match="does not prove its name by TLS"):
        fetch_by_tls(at_once)


def test_a_silent_host_times_out_during_the_tls_handshake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "CONNECT_SECONDS", 0.2)
    with pytest.raises(BadLink, match="its host cannot be reached"):
        fetch_by_tls(saying())
