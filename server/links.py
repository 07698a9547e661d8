"""A picture behind a link: fetched from hosts that are allowed by name, at public addresses alone, within bounds."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import IPv4Address

import certifi
import h11

from server import addresses
from server.errors import BadLink, Overloaded

SECONDS = 5
CONNECT_SECONDS = 2
MAX_BYTES = 8 << 20
MAX_HEAD_BYTES = 32 << 10
MAX_EVENTS = 1 << 13
"""Pieces in which an answer may come: 8 MiB are some 6,000 packets, and each piece costs time."""
MAX_HELD = 8
"""Fetches at once; a fetch lasts until what it brought is let go, as that takes memory."""

_LINK = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9._-]{1,253})(:(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(/[!-~]*)?)(?P<query>(\?[!-~]*)?)",
    re.ASCII | re.IGNORECASE,
)
_MAX_LINK = 8 << 10
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Place:
    """Where a link leads, put together anew from what was understood of it."""

    tls: bool
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """The host as HTTP names it."""
        return self.host if self.port == _PORTS["https" if self.tls else "http"] else f"{self.host}:{self.port}"


class Links:
    """hosts: the names and ports that may be asked; tls: whom to trust.

    resolve: a name's addresses, or OSError; may_dial: whether an address is one to connect to.
    """

    def __init__(
        self,
        hosts: Collection[tuple[str, int]],
        resolve: Callable[[str], Awaitable[Sequence[IPv4Address]]] = addresses.resolve,
        may_dial: Callable[[IPv4Address], bool] = addresses.is_public,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._hosts = frozenset(hosts)
        self._resolve = resolve
        self._may_dial = may_dial
        self._tls = tls or ssl.create_default_context(cafile=certifi.where())
        self._held = 0

    @asynccontextmanager
    async def fetched(self, link: str) -> AsyncIterator[bytes]:
        """What the link leads to. Raises BadLink, and Overloaded where as much as may be is fetched or held already."""
        place = understood(link)
        if (place.host, place.port) not in self._hosts:
            raise BadLink("Nothing is fetched from the host, or the port, of this link; send the picture itself.")
        if self._held >= MAX_HELD:
            raise Overloaded("links", "The server is busy with as many links as it may be; ask again.")
        self._held += 1
        try:
            yield await self._fetch(place)
        finally:
            self._held -= 1

    async def _fetch(self, place: Place) -> bytes:
        try:
            async with asyncio.timeout(SECONDS), self._connection(place) as (reader, writer):
                return await _asked(place, reader, writer)
        except TimeoutError as error:
            raise _failed(f"it took longer than {SECONDS} s") from error
        except (OSError, h11.RemoteProtocolError) as error:
            raise _failed("its host broke off, or answered something that is not HTTP") from error

    @asynccontextmanager
    async def _connection(self, place: Place) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """To the very address that was looked at: a second look-up could find another."""
        try:
            found = await self._resolve(place.host)
            if not found or not all(map(self._may_dial, found)):
                raise _failed("its host cannot be reached")
            tls = self._tls if place.tls else None
            async with asyncio.timeout(CONNECT_SECONDS):
                reader, writer = await asyncio.open_connection(
                    str(found[0]), place.port, ssl=tls, server_hostname=place.host if tls else None
                )
        except ssl.SSLError as error:
            raise _failed("its host does not prove by TLS that it is the one named") from error
        except OSError as error:  # a TimeoutError too
            raise _failed("its host cannot be reached") from error
        try:
            yield reader, writer
        finally:
            writer.transport.abort()


def understood(link: str) -> Place:
    """The one reading of a link: nothing that two readers could take for different hosts. Raises BadLink."""
    found = _LINK.fullmatch(link[:_MAX_LINK].partition("#")[0])
    if found is None or len(link) > _MAX_LINK:
        raise BadLink("A link looks like https://host/picture.jpg: in ASCII, without spaces and without a user's name.")
    scheme = found["scheme"].lower()
    port = int(found["port"] or _PORTS[scheme])
    target = (found["path"] or "/") + found["query"]
    return Place(scheme == "https", found["host"].lower(), port, target)


async def _asked(place: Place, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """The body of a 200. Raises BadLink, OSError, h11.RemoteProtocolError."""
    http = h11.Connection(h11.CLIENT, MAX_HEAD_BYTES)
    headers = {
        "Host": place.authority,
        "User-Agent": "mlserving",
        "Accept": "image/jpeg, image/png",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
    writer.write(http.send(h11.Request(method="GET", target=place.target, headers=list(headers.items()))) or b"")
    body = bytearray()
    for _ in range(MAX_EVENTS):
        while (event := http.next_event()) is h11.NEED_DATA:
            http.receive_data(await reader.read(1 << 16))
        if isinstance(event, h11.Response) and event.status_code != HTTPStatus.OK:
            raise _failed(f"its host answered {event.status_code}, and only what comes with 200 is taken")
        if isinstance(event, h11.Data):
            body += event.data
            if len(body) > MAX_BYTES:
                raise _failed(f"it is longer than {MAX_BYTES >> 20} MiB")
        if isinstance(event, h11.EndOfMessage):
            return bytes(body)
        await asyncio.sleep(0)  # the pieces that one packet brings are not taken in one go
    raise _failed("it comes in too many pieces")


def _failed(why: str) -> BadLink:
    return BadLink(f"The link could not be fetched: {why}.")
