"""Parse the answers in bytes that came from the server, strictly by HTTP/1.1."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

CONTINUE = 100
BODILESS = (204, 304)

_STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) [ -~]*")
_HEADER = re.compile(rb"([a-z0-9-]+): ([ -~]*)", re.IGNORECASE)


class NoAnswer(Exception):
    """The bytes do not begin with an answer."""


@dataclass(frozen=True)
class Answer:
    """An answer. Header names are in lower case, and none came twice."""

    status: int
    headers: Mapping[bytes, bytes]
    body: bytes

    @property
    def last(self) -> bool:
        """Whether the server closes the connection after this answer."""
        return self.headers.get(b"connection", b"").lower() == b"close"


def first(received: bytes, method: bytes) -> tuple[Answer, bytes] | None:
    """Return the first answer, to a request of this method, and the bytes after it; None if it is incomplete.

    Raises:
        NoAnswer: the bytes are something else.
    """
    head, end, rest = received.partition(b"\r\n\r\n")
    if not end:
        return None
    status, headers = _head(head)
    if status == CONTINUE:
        return first(rest, method)
    length = 0 if method == b"HEAD" or status in BODILESS else _length(headers)
    if len(rest) < length:
        return None
    return Answer(status, headers, rest[:length]), rest[length:]


def _head(head: bytes) -> tuple[int, dict[bytes, bytes]]:
    line, *fields = head.split(b"\r\n")
    status = _STATUS_LINE.fullmatch(line)
    found = [_HEADER.fullmatch(written) for written in fields]
    headers = {match[1].lower(): match[2] for match in found if match}
    if not status or len(headers) < len(fields):
        raise NoAnswer(f"malformed head: {head!r}")
    return int(status[1]), headers


def _length(headers: Mapping[bytes, bytes]) -> int:
    length = headers.get(b"content-length", b"")
    if not length.isdigit() or b"transfer-encoding" in headers:
        raise NoAnswer(f"no valid length: {headers!r}")
    return int(length)
