"""Fetch a picture behind a link: only from hosts allowed by name, only at public addresses, and within limits.

A caller who chooses what a server fetches can aim it at the server's own network (SSRF). Three checks prevent that: the
link has one strict spelling, its host and port must be on the list, and the address that is dialled is the very one
that was checked, through httpcore's `network_backend`, while TLS still verifies the name. Redirects are not followed.
"""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

import certifi
import httpcore

from server.checked_network import CheckedNetwork, MayDial, Resolve, is_public, link_failed, resolve
from server.errors import BadLink, Overloaded

MAX_SECONDS = 5
CONNECT_SECONDS = 2
MAX_BYTES = 8 << 20
MAX_PIECES = 1 << 13  # of the body; 8 MiB are about 6,000 packets, and each piece costs time
MAX_DOWNLOADS = 8  # at once; a slot is held until the downloaded bytes are released, because they take memory

_LINK = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9._-]{1,253})(:(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(/[!-~]*)?)(?P<query>(\?[!-~]*)?)",
    re.ASCII | re.IGNORECASE,
)
_MAX_LINK = 8 << 10
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class LinkTarget:
    """Where a link leads, assembled from its parsed parts alone."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        return self.host if self.port == _PORTS[self.scheme] else f"{self.host}:{self.port}"


def parse_link(link: str) -> LinkTarget:
    """Parse a link, refusing any spelling that two parsers could understand differently. Raises BadLink."""
    found = _LINK.fullmatch(link[:_MAX_LINK].partition("#")[0])
    if found is None or len(link) > _MAX_LINK:
        raise BadLink("The link must look like https://host/picture.jpg, in ASCII, without spaces and without a user.")
    scheme = found["scheme"].lower()
    port = int(found["port"] or _PORTS[scheme])
    return LinkTarget(scheme, found["host"].lower(), port, (found["path"] or "/") + found["query"])


class Links:
    """Downloads pictures.

    Args:
        hosts: The names and ports that may be asked.
        resolve: Returns the addresses of a name, or raises OSError.
        may_dial: Whether an address may be connected to.
        tls: Which certificates to trust; certifi's authorities by default.
    """

    def __init__(
        self,
        hosts: Collection[tuple[str, int]],
        resolve: Resolve = resolve,
        may_dial: MayDial = is_public,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._hosts = frozenset(hosts)
        self._resolve = resolve
        self._may_dial = may_dial
        self._tls = tls or ssl.create_default_context(cafile=certifi.where())
        self._downloads = 0

    @asynccontextmanager
    async def download(self, link: str) -> AsyncIterator[bytes]:
        """Download what the link leads to, and hold a slot for it until the context ends.

        Raises:
            BadLink: The link is not allowed or cannot be fetched.
            Overloaded: All slots are taken.
        """
        target = parse_link(link)
        if (target.host, target.port) not in self._hosts:
            raise BadLink("The host or port of this link is not on the server's list. Send the picture itself.")
        if self._downloads >= MAX_DOWNLOADS:
            raise Overloaded("links", "Too many downloads in progress. Retry later.")
        self._downloads += 1
        try:
            yield await self._fetch(target)
        finally:
            self._downloads -= 1

    async def _fetch(self, target: LinkTarget) -> bytes:
        network = CheckedNetwork(self._resolve, self._may_dial)
        try:
            async with (
                asyncio.timeout(MAX_SECONDS),
                httpcore.AsyncConnectionPool(self._tls, network_backend=network) as pool,
            ):
                return await _get(target, pool, network)
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            raise link_failed("its host cannot be reached") from error
        except TimeoutError as error:
            raise link_failed(f"it took longer than {MAX_SECONDS} s") from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise link_failed("its host closed the connection early, or its response is not HTTP") from error


async def _get(target: LinkTarget, pool: httpcore.AsyncConnectionPool, network: CheckedNetwork) -> bytes:
    """Return the body of a 200."""
    headers = [
        ("Host", target.authority),
        ("User-Agent", "mlserving"),
        ("Accept", "image/jpeg, image/png, application/dicom"),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
    ]
    url = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
    timeouts = {"timeout": {"connect": CONNECT_SECONDS}}
    async with pool.stream("GET", url, headers=headers, extensions=timeouts) as response:
        network.head_complete()
        if response.status != HTTPStatus.OK:
            raise link_failed(f"its host answered {response.status}, and only 200 is accepted")
        body = bytearray()
        pieces = 0
        async for piece in response.aiter_stream():
            body += piece
            pieces += 1
            if len(body) > MAX_BYTES:
                raise link_failed(f"it is longer than {MAX_BYTES >> 20} MiB")
            if pieces > MAX_PIECES:
                raise link_failed("it comes in too many pieces")
            await asyncio.sleep(0)  # the pieces of one packet must not all be handled in one turn of the event loop
        return bytes(body)
