"""What is amiss with the head of a request, beyond what the parser refuses itself."""

import httptools

from server.errors import HeadTooLarge, Malformed, ServingError, TooLarge, UrlTooLong

HEAD_BYTES = 32 * 1024
HEAD_FIELDS = 100
URL_BYTES = 8 * 1024

Fields = list[tuple[bytes, bytes]]
"""Names in lower case, in the order sent."""


def too_long(url: bytes, head_bytes: int) -> ServingError | None:
    """The refusal of a head of which so much has come, if that is too much."""
    if len(url) > URL_BYTES:
        return UrlTooLong(f"The URL is over {URL_BYTES} bytes.")
    if head_bytes > HEAD_BYTES:
        return HeadTooLarge(f"The request's head is over {HEAD_BYTES} bytes.")
    return None


def size(url: bytes, fields: Fields) -> int:
    return len(url) + sum(len(name) + len(value) + len(": \r\n") for name, value in fields)


def wrong(fields: Fields, version: str, max_body_bytes: int) -> ServingError | None:
    """The refusal of a whole head, if one could misunderstand it or its body is too long."""
    if len(fields) > HEAD_FIELDS:
        return HeadTooLarge(f"The request has over {HEAD_FIELDS} header fields.")
    hosts = length = 0
    encodings: list[bytes] = []
    for name, value in fields:
        if name == b"host":
            hosts += 1
        elif name == b"content-length":
            length = int(value)  # digits, and once: the parser saw to it
        elif name == b"transfer-encoding":
            encodings.append(value.lower())
    if encodings and (encodings != [b"chunked"] or version != "1.1"):
        return Malformed("Of transfer encodings only 'chunked' is read here, once, in HTTP/1.1.")
    if hosts > 1 or (not hosts and version != "1.0") or version not in ("1.1", "1.0"):
        return Malformed("A request must be HTTP/1.1 or HTTP/1.0 and have the header Host once.")
    return body_too_large(max_body_bytes) if length > max_body_bytes else None


def body_too_large(max_body_bytes: int) -> TooLarge:
    return TooLarge(f"The body is over {max_body_bytes} bytes; send fewer rows at a time.")


def without_upgrade(parser: httptools.HttpRequestParser, url: bytes, fields: Fields) -> bytes:
    """The head again, but for its wish to go on in another protocol. Raises Malformed.

    Java's client asks for HTTP/2 in each request, and does not mean it so.
    """
    method, version = parser.get_method(), parser.get_http_version()
    if method == b"CONNECT":
        raise Malformed("This is no proxy.")
    kept = [b"%b: %b\r\n" % field for field in fields if field[0] != b"upgrade"]
    return b"%b %b HTTP/%b\r\n%b\r\n" % (method, url, version.encode(), b"".join(kept))
