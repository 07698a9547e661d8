from types import SimpleNamespace

import httptools
import pytest

from server.errors import Malformed
from server.http import parse


def test_the_wish_for_another_protocol_is_left_out() -> None:
    fields = [
        (b"host", b"h"),
        (b"connection", b"Upgrade, HTTP2-Settings"),
        (b"upgrade", b"h2c"),
        (b"content-length", b"3"),
    ]
    kept = b"POST /x HTTP/1.1\r\nhost: h\r\nconnection: Upgrade, HTTP2-Settings\r\ncontent-length: 3\r\n\r\n"
    parser = httptools.HttpRequestParser(object())
    parser.feed_data(b"POST /x HTTP/1.1\r\n")
    assert parse.without_upgrade(parser, b"/x", fields) == kept


@pytest.mark.parametrize(
    ("data", "fact"),
    [
        (b"FOO / HTTP/1.1\r\nHost: h\r\n\r\n", "method"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01", "not HTTPS"),
        (b"GET / HTTP/1.1\r\nHost h\r\n\r\n", "not valid, unambiguous HTTP/1.1"),
    ],
)
def test_what_is_wrong_with_the_bytes_is_said(data: bytes, fact: str) -> None:
    connection = SimpleNamespace(parser=httptools.HttpRequestParser(SimpleNamespace()))
    with pytest.raises(Malformed) as caught:
        parse.feed(connection, data)  # type: ignore[arg-type]  # it only takes the parser
    assert fact in caught.value.sentence
