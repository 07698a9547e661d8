"""What is sent: a request in its parts, and an input of the fuzz test, which may be no request at all."""

from dataclasses import dataclass, replace
from enum import Enum

Header = tuple[bytes, bytes]

HOST = (b"Host", b"server.test")


@dataclass(frozen=True)
class Request:
    target: bytes
    body: bytes = b""
    headers: tuple[Header, ...] = ()
    method: bytes = b"POST"
    version: bytes = b"HTTP/1.1"

    def with_headers(self, *headers: Header) -> "Request":
        """The same with these headers in the place of those of their names."""
        names = {name.lower() for name, _ in headers}
        return replace(self, headers=(*(kept for kept in self.headers if kept[0].lower() not in names), *headers))

    def header(self, name: bytes) -> list[bytes]:
        return [value.strip(b" \t") for found, value in self.headers if found.lower() == name]

    def head(self) -> bytes:
        lines = [b" ".join((self.method, self.target, self.version)), *(b": ".join(header) for header in self.headers)]
        return b"\r\n".join(lines) + b"\r\n\r\n"

    def framed(self) -> "Request":
        """With the Host that HTTP/1.1 asks for, and the length of the body where there is one or could be."""
        length = ((b"Content-Length", b"%d" % len(self.body)),) if self.body or self.method == b"POST" else ()
        return replace(self, headers=(HOST, *self.headers, *length))

    def wire(self) -> bytes:
        return self.head() + self.body


class Then(Enum):
    """What comes after the answers that must come."""

    NOTHING = "nothing"
    REFUSAL = "one refusal, and the end of the connection"
    PERHAPS_REFUSAL = "a refusal, or nothing"
    ANYTHING = "anything that is right in itself: how the bytes are to be read is the server's to judge"


@dataclass(frozen=True)
class Input:
    """kind: the mutation that made it. requests: those that must be answered, in this order, each as is right for it.

    status: of the REFUSAL. kept: sent on a connection that served others before. cuts: where the bytes are parted, to
    be read by the server in pieces.
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
