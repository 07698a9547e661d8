"""Bytes on the socket: chunked, truncated, pipelined, mutated, and bytes that are not HTTP."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from tests.server.fuzz.examples import valid_request
from tests.server.fuzz.request import HOST, Input, Request, Then

TRAILERS = (  # a trailer must not change what the head said
    *(b"", b"", b"X-Trailer: zq9x\r\n", b"Content-Type: text/plain\r\n", b"Content-Encoding: gzip\r\n"),
    *(b"Inference-Header-Content-Length: 1\r\n", b"X-Request-Id: zq9x\r\nHost: zq9x\r\n"),
)

HEALTH = Request(b"/health", method=b"GET")


def chunked(random: Random) -> Input:
    """Return a valid request in chunks of any size, with extensions and trailers. It gets the answer it gets whole."""
    request = valid_request(random)
    size = random.randint(1, 40)
    pieces = [request.body[start : start + size] for start in range(0, len(request.body), size)]
    if len(pieces) > 3 and random.random() < 0.3:
        pieces = [request.body]
    extension = random.choice((b"", b"", b";a", b";a=b", b';a="b"'))
    trailer = random.choice(TRAILERS)
    case = random.choice((b"%x", b"%X", b"00%x"))
    body = b"".join(case % len(piece) + extension + b"\r\n" + piece + b"\r\n" for piece in pieces)
    whole = replace(request, headers=(HOST, *request.headers))
    sent = replace(
        whole, headers=(*whole.headers, (b"Transfer-Encoding", b"chunked")), body=body + b"0\r\n" + trailer + b"\r\n"
    )
    return Input("chunked", sent.wire(), (whole,))


def pipelined(random: Random) -> Input:
    """Return valid requests sent at once. Each is answered, in order."""
    count = random.randint(2, 6)
    requests = tuple(random.choice((valid_request(random), HEALTH)).framed() for _ in range(count))
    return Input("pipelined", b"".join(map(Request.wire, requests)), requests)


def upgrade(random: Random) -> Input:
    """Return requests to upgrade the protocol, as some clients send with each request. The upgrade is ignored."""
    requests = tuple(_upgrading(random, random.choice((valid_request(random), HEALTH))) for _ in range(2))
    head = len(requests[0].head())
    return Input(
        "upgrade", b"".join(map(Request.wire, requests)), requests, cuts=random.choice(((), (head,), (head - 9,)))
    )


def _upgrading(random: Random, request: Request) -> Request:
    protocol = random.choice((b"h2c", b"websocket", b"TLS/1.0", b"zq9x"))
    return request.with_headers((b"Connection", b"Upgrade"), (b"Upgrade", protocol)).framed()


def in_pieces(random: Random) -> Input:
    """Return valid requests that the server reads in pieces."""
    whole = random.choice((chunked, pipelined))(random)
    cuts = sorted(random.sample(range(1, len(whole.wire)), random.randint(1, 4)))
    return replace(whole, kind="in pieces", cuts=tuple(cuts))


def mutated(random: Random) -> Input:
    """Return the bytes of a valid request, perhaps chunked, mutated in the head or the framing."""
    wire = random.choice((valid_request(random).framed().wire(), chunked(random).wire))
    for _ in range(random.randint(1, 3)):
        start = random.randrange(min(len(wire), 400))
        wire = wire[:start] + random.choice(_SCRAPS)(random) + wire[start + random.choice((0, 0, 1, 1, 2, 20)) :]
    return Input("mutated", wire + random.choice((b"", b"", HEALTH.framed().wire())), then=Then.ANYTHING)


def cut_off(random: Random) -> Input:
    wire = random.choice((valid_request(random).framed().wire(), chunked(random).wire))
    return Input("cut off", wire[: random.randrange(len(wire))], then=Then.PERHAPS_REFUSAL)


def garbage(random: Random) -> Input:
    length = random.choice((1, 2, 16, 200, 3000, 9000))
    some = random.choice((random.randbytes, lambda size: bytes(random.choices(b"GET /HTP1.\r\n: x", k=size))))
    return Input("garbage", some(length), then=Then.ANYTHING)


_SCRAPS: tuple[Callable[[Random], bytes], ...] = (
    lambda random: random.randbytes(random.choice((1, 1, 1, 2, 8))),
    lambda random: bytes([random.randrange(33)]),
    lambda random: random.choice((b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"\0", b" ", b"\t", b":", b"%", b"/", b"\xff")),
    lambda random: random.choice((b"\r\nContent-Length: 3", b"\r\nTransfer-Encoding: chunked", b"\r\nHost: zq9x")),
    lambda random: b"A" * random.choice((10, 1000, 9000, 33_000)),
    lambda _random: b"",
)
