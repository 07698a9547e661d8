"""A client that sends exactly the frames that it is given, and understands all that come back."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from hpack import Decoder

from server.grpc import frames

INFER = b"/inference.GRPCInferenceService/ModelInfer"
LIVE = b"/inference.GRPCInferenceService/ServerLive"


def headers(path: bytes = INFER, **more: bytes) -> list[tuple[bytes, bytes]]:
    standard = [(b":method", b"POST"), (b":scheme", b"http"), (b":path", path), (b":authority", b"here")]
    others = {"te": b"trailers", "content-type": b"application/grpc", **more}
    return [*standard, *((name.replace("_", "-").encode(), value) for name, value in others.items())]


def begin(stream: int, path: bytes = INFER, **more: bytes) -> bytes:
    return frames.frame(frames.HEADERS, frames.END_HEADERS, stream, frames.fields(headers(path, **more)))


def framed(message: bytes) -> bytes:
    return frames.MESSAGE_HEADER.pack(0, len(message)) + message


def compressed(stream: int, message: bytes) -> bytes:
    """Return a call with a message that is said to be in gzip."""
    return begin(stream, grpc_encoding=b"gzip") + data(stream, message, 1)


def data(stream: int, message: bytes, flag: int = 0) -> bytes:
    """Return a message in frames of the greatest length."""
    whole = frames.MESSAGE_HEADER.pack(flag, len(message)) + message
    size = frames.MAX_PAYLOAD
    pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
    flags = [0] * (len(pieces) - 1) + [frames.END_STREAM]
    return b"".join(
        frames.frame(frames.DATA, *each) for each in zip(flags, [stream] * len(pieces), pieces, strict=True)
    )


def call(stream: int, message: bytes, path: bytes = INFER, **more: bytes) -> bytes:
    return begin(stream, path, **more) + data(stream, message)


@dataclass
class Answer:
    """What came back on one stream."""

    fields: dict[bytes, bytes] = field(default_factory=dict)
    data: bytes = b""
    ended: bool = False
    reset: int | None = None

    @property
    def status(self) -> int:
        return int(self.fields[b"grpc-status"])

    @property
    def message(self) -> bytes:
        assert self.data[:5] == frames.MESSAGE_HEADER.pack(0, len(self.data) - 5)
        return self.data[5:]


class RawClient:
    """One connection.

    Attributes:
        answers: By stream.
        goaways: (last stream, error code) of each.
        pings: The payloads that the server sent, and those that it echoed.
        closed: Whether the server has closed its end.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.answers: dict[int, Answer] = {}
        self.goaways: list[tuple[int, int]] = []
        self.pings: list[bytes] = []
        self.settings: dict[int, int] = {}
        self.closed = False
        self._decoder = Decoder(max_header_list_size=1 << 20)

    @classmethod
    async def connect(cls, port: int, settings: Mapping[int, int] | None = None, *, greet: bool = True) -> Self:
        client = cls(*await asyncio.open_connection("127.0.0.1", port))
        if greet:
            client.send(frames.PREFACE + frames.settings((settings or {}).items()))
        return client

    def send(self, sent: bytes) -> Self:
        self.writer.write(sent)
        return self

    async def slowly(self, sent: bytes) -> Self:
        """Send byte by byte, each in a packet of its own."""
        for byte in sent:
            self.writer.write(bytes([byte]))
            await self.writer.drain()
            await asyncio.sleep(0)
        return self

    async def answer(self, stream: int, timeout: float = 5) -> Answer:
        """Read until a stream has ended."""
        async with asyncio.timeout(timeout):
            while not (stream in self.answers and self.answers[stream].ended):
                await self.read()
                assert not self.closed, (self.goaways, self.answers)
        return self.answers[stream]

    async def rest(self, timeout: float = 5) -> Self:
        """Read until the server closes."""
        async with asyncio.timeout(timeout):
            while not self.closed:
                await self.read()
        return self

    async def read(self) -> None:
        """Read one frame."""
        try:
            high, low, kind, flags, stream = frames.HEADER.unpack(await self.reader.readexactly(9))
            payload = await self.reader.readexactly(high << 8 | low)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.closed = True
            return
        answer = self.answers.setdefault(stream, Answer()) if stream else Answer()
        match kind:
            case frames.HEADERS:
                answer.fields |= dict(self._decoder.decode(payload, raw=True))
                answer.ended = bool(flags & frames.END_STREAM)
            case frames.DATA:
                answer.data += payload
            case frames.RST_STREAM:
                answer.reset, answer.ended = frames.NUMBER.unpack(payload)[0], True
            case frames.GOAWAY:
                self.goaways.append(frames.GOAWAY_PAYLOAD.unpack(payload))
            case frames.PING:
                self.pings.append(payload)
            case frames.SETTINGS if not flags:
                self.settings |= dict(frames.SETTING.iter_unpack(payload))

    def close(self) -> None:
        self.writer.close()
