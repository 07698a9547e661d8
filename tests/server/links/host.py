"""A host that pictures may be linked from: a real server on 127.0.0.1, which has a name here, and its certificate."""

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
    """ModelOutput a request with these bytes, a pause before each but the first, and closes unless it stays."""

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
    """ModelOutput with the head and then the unit without end."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        while True:
            writer.write(unit * (1 + 50_000 // len(unit)))
            await writer.drain()

    return serve


class Host:
    """connections: how many it has had; port: where it listens."""

    def __init__(self, serve: Serve) -> None:
        self.connections = 0
        self.left = asyncio.Event()  # by a caller
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
        """Links that may lead to this host alone, though it is on no public address."""

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
    """What a host needs that proves to be of that name, and what a caller needs who believes it."""
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


async def fetched(links: Links, link: str) -> bytes:
    async with links.fetched(link) as content:
        return content
