"""Limits on what one request may send and on what all requests may hold, beyond those of the HTTP parser."""

from collections.abc import Iterable
from dataclasses import dataclass

from server.errors import HeadTooLarge, Malformed, Overloaded, ServingError, TooLarge, UrlTooLong
from server.response import Header
from server.route import media_type

HEAD_BYTES = 32 * 1024
HEAD_FIELDS = 100
URL_BYTES = 8 * 1024

# Headers that say who is asked, and how the body is read. Of two, another reader could take the other one.
ONCE = frozenset((b"host", b"content-encoding", b"content-type", b"inference-header-content-length"))

Fields = list[Header]  # names in lower case, in the order sent


@dataclass
class ConnectionLimits:
    """Limits on request bodies, shared by all connections.

    Attributes:
        max_body_bytes: The most that one body may have.
        max_held_bytes: The most that all bodies held at one time may have.
        max_picture_bytes: The most that a body may have that is a picture's file or a form; 0 if no model takes
            pictures. In JSON, the same bytes can be so many values that they cost seconds and gigabytes.
        held_bytes: What all bodies have now.
    """

    max_body_bytes: int
    max_held_bytes: int
    max_picture_bytes: int = 0
    held_bytes: int = 0

    def hold(self, size: int) -> None:
        """Count bytes that the caller takes off `held_bytes` later, also if it raises Overloaded: they are too many."""
        self.held_bytes += size
        if self.held_bytes > self.max_held_bytes:
            raise Overloaded("bytes", "Server overloaded: too much request data is buffered. Retry later.")

    def body_bytes(self, fields: Iterable[Header]) -> int:
        """Return the most that a body may have after this head."""
        return max(self.max_body_bytes, self.max_picture_bytes if _announces_file(fields) else 0)

    def fault_of_head(self, url: bytes, fields: Fields, version: str, received: int) -> ServingError | None:
        """Return the refusal of a parsed head. `received` counts its bytes and those that came with it."""
        too_long = check_size(url, head_size(url, fields)) if received > URL_BYTES else None
        return too_long or check_head(fields, version, self)

    def too_large(self, fields: Iterable[Header]) -> TooLarge:
        """Return the refusal of a longer body after this head."""
        most = self.body_bytes(fields)
        if _announces_file(fields):
            return TooLarge(f"The picture is over {most} bytes. Send a smaller one.")
        file = f" One picture as a file, not in JSON, may have {self.max_picture_bytes}." * bool(self.max_picture_bytes)
        return TooLarge(f"The body is over {most} bytes. Send fewer rows or pictures at a time.{file}")


def check_size(url: bytes, head_bytes: int) -> ServingError | None:
    """Return the refusal of a head that is too long, whole or not yet."""
    if len(url) > URL_BYTES:
        return UrlTooLong(f"The URL is over {URL_BYTES} bytes. Send data in the body.")
    if head_bytes > HEAD_BYTES:
        return HeadTooLarge(f"The request's head is over {HEAD_BYTES} bytes. Send fewer or shorter headers.")
    return None


def head_size(url: bytes, fields: Fields) -> int:
    """Return the size of a head that was parsed, without its method and version."""
    return len(url) + sum(len(name) + len(value) + len(": \r\n") for name, value in fields)


def check_head(fields: Fields, version: str, shared: ConnectionLimits) -> ServingError | None:
    """Return the refusal of a head that a proxy could read differently, or whose body would be too long."""
    if len(fields) > HEAD_FIELDS:
        return HeadTooLarge(f"The request has over {HEAD_FIELDS} header fields. Send fewer.")
    length = 0
    once: list[bytes] = []
    encodings: list[bytes] = []
    for name, value in fields:
        if name in ONCE:
            once.append(name)
        elif name == b"content-length":
            length = int(value)  # the parser has checked that it is a number, and that it is there once
        elif name == b"transfer-encoding":
            encodings.append(value.lower())
    if encodings and (encodings != [b"chunked"] or version != "1.1"):
        return Malformed("The only supported transfer encoding is 'chunked', once, in HTTP/1.1.")
    if (b"host" not in once and version != "1.0") or version not in ("1.1", "1.0"):
        return Malformed("A request must be HTTP/1.1 or HTTP/1.0 and have exactly one Host header.")
    if len(set(once)) < len(once):
        name = max(once, key=once.count)
        return Malformed(f"The request has the header {name.decode().title()} more than once.")
    if length > shared.max_body_bytes and length > shared.body_bytes(fields):
        return shared.too_large(fields)
    return None


def _announces_file(fields: Iterable[Header]) -> bool:
    return media_type(dict(fields)).startswith((b"image/", b"application/dicom", b"multipart/form-data"))
