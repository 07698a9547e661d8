"""An HTTP client that sends exactly the bytes it is given and accepts only well-formed responses."""

import contextlib
import json
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

_HEAD = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) [A-Za-z -]*\r\n((?:[A-Za-z0-9-]+: [ -~]*\r\n)*)\r\n")


@dataclass(frozen=True)
class Response:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def closes(self) -> bool:
        return self.headers.get("connection") == "close"

    @property
    def error(self) -> str:
        """The sentence of a refusal, after checking that the refusal has the form of all others."""
        assert self.headers["content-type"] == "application/json"
        assert re.fullmatch(r"[!-~]{1,64}", self.headers["x-request-id"])
        document = json.loads(self.body)
        assert list(document) == ["error", "reason"]
        sentence: str = document["error"]
        assert sentence.endswith(".")
        return sentence


class Caller:
    """One connection.

    Attributes:
        reset: Whether the server ended it with an RST, which can cost a client the last response.
        received: Bytes that were received and not yet returned as a response.
    """

    def __init__(self, url: str, timeout: float = 10, receive_buffer: int = 0) -> None:
        self._address = urlsplit(url)
        self._timeout = timeout
        self._receive_buffer = receive_buffer
        self.connect()

    def connect(self) -> None:
        self.reset = False
        self.received = b""
        self.socket = socket.socket()
        if self._receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_buffer)
        self.socket.settimeout(self._timeout)
        try:
            self.socket.connect((self._address.hostname, self._address.port))
        except OSError:
            self.socket.close()
            raise
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes, piece: int = 0) -> Self:
        """Send `data`, `piece` bytes at a time. It is no error if the server closes: its response is yet to be read."""
        try:
            for start in range(0, len(data), piece or len(data) or 1):
                self.socket.sendall(data[start : start + (piece or len(data))])
        except ConnectionError:
            self.reset = True
        return self

    def finish(self) -> Self:
        """Close this direction: nothing more is sent."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)
        return self

    def answer(self, *, to_head: bool = False) -> Response:
        """Return the next response. Raises AssertionError if the connection ends before it is complete."""
        answer = self._next(to_head=to_head)
        assert answer, "closed without an answer"
        return answer

    def rest(self) -> list[Response]:
        """Return all responses until the server closes. Raises TimeoutError if it does not."""
        answers = []
        while answer := self._next():
            answers.append(answer)
        return answers

    def served(self, data: bytes) -> Self:
        """Send `data` and expect a 200, again on a new connection if the server closes this one."""
        while (answer := self.send(data).answer()).closes:
            assert answer.status == 200
            self.socket.close()
            self.connect()
        assert answer.status == 200
        return self

    def is_open(self, for_seconds: float = 0.2) -> bool:
        """Return whether the server neither closes nor sends anything for a while."""
        before = self.socket.gettimeout()
        self.socket.settimeout(for_seconds)
        try:
            assert not self.received
            return self._receive() and not self.received
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(before)

    def _next(self, *, to_head: bool = False) -> Response | None:
        while b"\r\n\r\n" not in self.received:
            if not self._receive():
                assert not self.received, self.received
                return None
        head = _HEAD.match(self.received)
        assert head, self.received[:1000]
        status, fields = int(head[1]), [line.split(b": ", 1) for line in head[2].splitlines()]
        headers = {name.decode().lower(): value.decode() for name, value in fields}
        assert len(headers) == len(fields), fields
        end = head.end() + (0 if to_head or status == 100 else int(headers["content-length"]))
        while len(self.received) < end:
            assert self._receive(), "closed within an answer"
        body, self.received = self.received[head.end() : end], self.received[end:]
        return Response(status, headers, body)

    def _receive(self) -> bool:
        try:
            chunk = self.socket.recv(1 << 20)
        except ConnectionResetError:
            self.reset = True
            return False
        self.received += chunk
        return bool(chunk)


def request(path: str, body: bytes = b"", *fields: bytes, method: str = "POST") -> bytes:
    """Return a complete request with Host and, if it has a body, Content-Type and Content-Length."""
    about_body = (b"Content-Type: application/json", b"Content-Length: %d" % len(body)) if body else ()
    lines = (f"{method} {path} HTTP/1.1".encode(), b"Host: h", *about_body, *fields)
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


ROW = request("/predict", b'{"x": 3, "y": -1}')
PROBE = request("/health/live", method="GET")


def ask(url: str, data: bytes) -> Response:
    """Return the response to a request on a connection of its own."""
    with Caller(url) as caller:
        return caller.send(data).answer()


def conversation(url: str, data: bytes, piece: int = 0) -> list[Response]:
    """Return all responses to `data` until the server closes, again from the start if it only renews the connection."""
    for _ in range(5):
        with Caller(url) as caller:
            answers = caller.send(data, piece).rest()
        if not answers or answers[-1].status != 200:
            break
    return answers


def slow(turns: int, *fields: bytes) -> bytes:
    """Return the request for a prediction that takes about a microsecond per turn."""
    return request("/v1/models/slow:predict", b'{"instances": [[%d]]}' % turns, *fields)
