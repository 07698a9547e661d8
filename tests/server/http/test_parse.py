import httptools

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
