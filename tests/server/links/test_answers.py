"""What a host may answer: the body is returned unchanged, or the download is refused."""

import asyncio
import gzip
from collections.abc import Callable

import pytest
import uvloop

from server import links
from server.errors import BadLink
from tests.server.links.host import NAME, PICTURE, Host, Serve, download, listening, repeating, saying

OK = b"HTTP/1.1 200 OK\r\n"
NOT_HTTP = "its host closed the connection early, or its response is not HTTP."
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def fetch(serve: Serve, path: str = "/a.png", seen: Callable[[Host], None] = lambda _host: None) -> bytes:
    """Download from a host that behaves like that."""

    async def scenario() -> bytes:
        async with listening(serve) as host:
            try:
                return await download(host.links(), f"http://{NAME}:{host.port}{path}")
            finally:
                seen(host)

    return uvloop.run(scenario())


def refusal_of(serve: Serve) -> str:
    with pytest.raises(BadLink) as refusal:
        fetch(serve)
    assert (refusal.value.status, refusal.value.reason) == (400, "link")
    return refusal.value.sentence.removeprefix("The link could not be fetched: ")


@pytest.mark.parametrize(
    "answer",
    [
        PICTURE,
        OK + b"\r\npicture",
        CHUNKED + b"3\r\npic\r\n4\r\nture\r\n0\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </b>\r\n\r\n" + PICTURE,
        OK + b"Content-Type: text/html\r\nSet-Cookie: a=b\r\nContent-Length: 7\r\n\r\npicture",
    ],
)
def test_the_body_is_returned_unchanged(answer: bytes) -> None:
    assert fetch(saying(answer)) == b"picture"


def test_a_compressed_body_is_not_decompressed() -> None:
    packed = gzip.compress(bytes(50_000_000), 9)
    head = OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    assert fetch(saying(head + packed)) == packed


def test_the_request_has_no_other_headers_and_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for proxy in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(proxy, "http://127.0.0.1:9")
    asked = bytearray()
    ports = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.extend(await reader.readuntil(b"\r\n\r\n"))
        writer.write(PICTURE)

    fetch(serve, "?size=1&b=%20#part", lambda host: ports.append(host.port))
    assert bytes(asked) == (
        b"GET /?size=1&b=%%20 HTTP/1.1\r\nHost: pictures.example:%d\r\nUser-Agent: mlserving\r\n"
        b"Accept: image/jpeg, image/png, application/dicom\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n"
        % ports[0]
    )


@pytest.mark.parametrize("status", [204, 206, 301, 302, 303, 307, 308, 304, 401, 404, 500, 503])
def test_other_statuses_are_refused_and_redirects_not_followed(status: int) -> None:
    connections = []
    answer = b"HTTP/1.1 %d X\r\nLocation: /b.png\r\nContent-Length: 0\r\n\r\n" % status
    with pytest.raises(BadLink, match=f"its host answered {status}, and only 200 is accepted"):
        fetch(saying(answer), seen=lambda host: connections.append(host.connections))
    assert connections == [1]


@pytest.mark.parametrize(
    ("serve", "why"),
    [
        (repeating(OK + b"Content-Length: 99999999\r\n\r\n", b"x"), "it is longer than 8 MiB."),
        (repeating(OK + b"\r\n", b"x"), "it is longer than 8 MiB."),
        (repeating(CHUNKED, b"4000\r\n" + b"x" * 0x4000 + b"\r\n"), "it is longer"),
        (repeating(CHUNKED, b"1\r\nx\r\n"), "it comes in too many pieces."),
        (repeating(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "its response has more than 32 KiB of headers."),
        (repeating(OK, b"A: b\r\n"), "its response has more than 32 KiB of headers."),
        (repeating(OK + b"A: ", b"a"), "its response has more than 32 KiB of headers."),
        (repeating(CHUNKED + b"1;", b"a"), NOT_HTTP),
        (repeating(CHUNKED + b"0\r\n", b"A: b\r\n"), NOT_HTTP),
        (repeating(b"", b"\0"), NOT_HTTP),
        (saying(), NOT_HTTP),
        (saying(OK), NOT_HTTP),
        (saying(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"), NOT_HTTP),
        (saying(OK + b"Content-Length: 8\r\n\r\npicture"), NOT_HTTP),
        (saying(OK + b"Content-Length: 7\r\nContent-Length: 8\r\n\r\npicture"), NOT_HTTP),
        (saying(CHUNKED + b"7\r\npicture\r\n"), NOT_HTTP),
        (saying(b"\x16\x03\x01\x02\x00\x01"), NOT_HTTP),
    ],
)  # fmt: skip
def test_endless_and_malformed_responses_are_refused(serve: Serve, why: str) -> None:
    assert refusal_of(serve).startswith(why)


@pytest.mark.parametrize(
    "serve",
    [
        saying(stays=True),
        saying(*[b"x"] * 50, pause=0.1),
        saying(OK, *[b"A: b\r\n"] * 50, pause=0.1),
        saying(OK + b"Content-Length: 50\r\n\r\n", *[b"x"] * 50, pause=0.1),
    ],
)
def test_slow_responses_are_refused(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "MAX_SECONDS", 0.3)
    assert refusal_of(serve) == "it took longer than 0.3 s."


def test_the_event_loop_keeps_turning_during_a_flood_of_pieces() -> None:
    async def scenario() -> int:
        turns = 0
        async with listening(saying(CHUNKED + b"1\r\nx\r\n" * 5000 + b"0\r\n\r\n")) as host:
            fetching = asyncio.create_task(download(host.links(), f"http://{NAME}:{host.port}/"))
            while not fetching.done():
                await asyncio.sleep(0)
                turns += 1
        assert len(await fetching) == 5000
        return turns

    assert uvloop.run(scenario()) > 4000
