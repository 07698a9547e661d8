"""A host for links: a real server on 127.0.0.1, with a made-up name and certificate."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from server.links import Links

NAME = "pictures.example"
LOOPBACK = IPv4Address("127.0.0.1")
TRUSTING_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
PICTURE = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\npicture"

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def saying(*answers: bytes, pause: float = 0, stays: bool = False) -> Serve:
    """Answer a request with these bytes, pausing before each but the first; close the connection unless `stays`."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for index, answer in enumerate(answers):
            await asyncio.sleep(pause if index else 0)
            writer.write(answer)
            await writer.drain()
        if stays:
            await reader.read()

    return serve


def repeating(head: bytes, unit: bytes) -> Serve:
    """Answer with the head, then repeat the unit endlessly."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        while True:
            writer.write(unit * (1 + 50_000 // len(unit)))
            await writer.drain()

    return serve


class Host:
    """The server.

    Attributes:
        connections: How many it has accepted.
        left: Set once a caller has closed its connection.
        port: Where it listens.
    """

    def __init__(self, serve: Serve) -> None:
        self.connections = 0
        self.left = asyncio.Event()
        self.port = 0
        self._serve = serve

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            with suppress(OSError, EOFError):
                await self._serve(reader, writer)
        finally:
            self.left.set()
            writer.close()

    def links(self, tls: ssl.SSLContext | None = None) -> Links:
        """Return Links that may lead only to this host, although its address is not public."""

        async def resolve(_name: str) -> list[IPv4Address]:
            return [LOOPBACK]

        return Links({(NAME, self.port)}, resolve, lambda address: address == LOOPBACK, tls or TRUSTING_NOBODY)


@asynccontextmanager
async def listening(serve: Serve, tls: ssl.SSLContext | None = None) -> AsyncIterator[Host]:
    host = Host(serve)
    async with await asyncio.start_server(host, str(LOOPBACK), 0, ssl=tls) as server:
        host.port = server.sockets[0].getsockname()[1]
        yield host


def certified(name: str, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return a TLS context for a server of that name, and one for a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    own = folder / "own.pem"
    own.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(own)
    return server, ssl.create_default_context(cafile=own)


async def download(links: Links, link: str) -> bytes:
    async with links.download(link) as content:
        return content
