"""What is sent: a request in parts, and an input of the fuzz test, which may not be a request at all."""

from dataclasses import dataclass, replace
from enum import Enum

Header = tuple[bytes, bytes]

HOST = (b"Host", b"server.test")
JSON = (b"Content-Type", b"application/json")
OCTETS = (b"Content-Type", b"application/octet-stream")
JSON_LENGTH = b"Inference-Header-Content-Length"


@dataclass(frozen=True)
class Request:
    target: bytes
    body: bytes = b""
    headers: tuple[Header, ...] = ()
    method: bytes = b"POST"
    version: bytes = b"HTTP/1.1"

    def with_headers(self, *headers: Header) -> "Request":
        """Return the request with these headers instead of those with the same names."""
        names = {name.lower() for name, _ in headers}
        return replace(self, headers=(*(kept for kept in self.headers if kept[0].lower() not in names), *headers))

    def header(self, name: bytes) -> list[bytes]:
        return [value.strip(b" \t") for found, value in self.headers if found.lower() == name]

    def head(self) -> bytes:
        lines = [b" ".join((self.method, self.target, self.version)), *(b": ".join(header) for header in self.headers)]
        return b"\r\n".join(lines) + b"\r\n\r\n"

    def framed(self) -> "Request":
        """Return the request with a Host, and with a Content-Length if it has a body or is a POST."""
        length = ((b"Content-Length", b"%d" % len(self.body)),) if self.body or self.method == b"POST" else ()
        return replace(self, headers=(HOST, *self.headers, *length))

    def wire(self) -> bytes:
        return self.head() + self.body


class Then(Enum):
    """What the server may send after the answers to `Input.requests`."""

    NOTHING = "nothing"
    REFUSAL = "one refusal, then it closes the connection"
    PERHAPS_REFUSAL = "a refusal, or nothing"
    ANYTHING = "any answers that are valid by themselves: how to read the bytes is for the server to decide"


@dataclass(frozen=True)
class Input:
    """Bytes to send, and what must come back.

    Attributes:
        kind: the kind of fault.
        wire: the bytes.
        requests: the requests in them that must be answered, in this order.
        then: what may follow those answers.
        status: the status of the refusal that must follow.
        kept: send it on a connection that has served other inputs.
        cuts: offsets at which to pause, so that the server reads the bytes in pieces.
    """

    kind: str
    wire: bytes
    requests: tuple[Request, ...] = ()
    then: Then = Then.NOTHING
    status: int = 0
    kept: bool = False
    cuts: tuple[int, ...] = ()

    def pieces(self) -> list[bytes]:
        ends = [*sorted(self.cuts), len(self.wire)]
        return [self.wire[start:end] for start, end in zip([0, *ends], ends, strict=False)]
