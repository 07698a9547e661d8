"""Feeds the HTTP parser. Invalid HTTP is refused; a request for a protocol upgrade is answered as HTTP/1.1.

Java's HTTP client asks for HTTP/2 in each request, and is content with HTTP/1.1.
"""

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from server.errors import Malformed
from server.http.limits import Fields


def feed(connection: HttpToolsProtocol, data: bytes) -> None:
    """Parse what a connection received. Raises Malformed."""
    pieces: list[bytes | memoryview] = [data]
    try:
        while pieces:
            piece = pieces.pop()
            try:
                connection.parser.feed_data(piece)
            except httptools.HttpParserUpgrade as upgrade:
                # The parser takes all that follows, the body included, for another protocol.
                again = without_upgrade(connection.parser, connection.url, connection.headers)
                pieces += [memoryview(piece)[upgrade.args[0] :], again]
                connection.parser = httptools.HttpRequestParser(connection)
    except httptools.HttpParserInvalidMethodError:
        raise Malformed(
            "The request does not begin with an HTTP method. Send GET or POST over plain HTTP/1.1, not HTTPS."
        ) from None
    except httptools.HttpParserError:
        raise Malformed(
            "The request is not valid, unambiguous HTTP/1.1. Send plain HTTP, not HTTPS or HTTP/2."
        ) from None


def without_upgrade(parser: httptools.HttpRequestParser, url: bytes, fields: Fields) -> bytes:
    """Return the head without its Upgrade header, to be parsed again. Raises Malformed."""
    method, version = parser.get_method(), parser.get_http_version()
    if method == b"CONNECT":
        raise Malformed("CONNECT is not supported: this server is not a proxy.")
    kept = [b"%b: %b\r\n" % field for field in fields if field[0] != b"upgrade"]
    return b"%b %b HTTP/%b\r\n%b\r\n" % (method, url, version.encode(), b"".join(kept))
