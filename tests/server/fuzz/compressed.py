"""Compressed bodies: valid ones, and some that are damaged, cut off, go on, or are bombs."""

import zlib
from collections.abc import Callable
from dataclasses import replace
from random import Random

from tests.server.fuzz.examples import valid_request
from tests.server.fuzz.request import Input, Request

CODINGS = {b"gzip": 31, b"deflate": 15, b"x-gzip": 31, b"GZIP": 31}


def compressed(random: Random) -> Input:
    """Return a valid request whose body is compressed in any way that zlib knows. It gets the answer it gets plain."""
    return _input("compressed", _request(random, _packed))


def badly_compressed(random: Random) -> Input:
    """Return a request whose body is damaged after it was compressed, or compressed in another way than it says."""
    return _input("badly compressed", _request(random, random.choice(_FAULTS)))


def _request(random: Random, pack: Callable[[Random, bytes, int], bytes]) -> Request:
    request = valid_request(random)
    coding = random.choice(list(CODINGS))
    packed = replace(request, body=pack(random, request.body, CODINGS[coding]))
    return packed.with_headers((b"Content-Encoding", coding), (b"Accept-Encoding", random.choice((b"gzip", b"*", b""))))


def _packed(random: Random, body: bytes, bits: int) -> bytes:
    strategy = random.choice((zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FIXED))
    stream = zlib.compressobj(random.randint(0, 9), zlib.DEFLATED, bits, random.randint(1, 9), strategy)
    middle = random.randint(0, len(body))
    flushed = stream.flush(random.choice((zlib.Z_NO_FLUSH, zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH)))
    return stream.compress(body[:middle]) + flushed + stream.compress(body[middle:]) + stream.flush()


def _cut(random: Random, body: bytes, bits: int) -> bytes:
    packed = _packed(random, body, bits)
    return packed[: random.randrange(1, len(packed))]


def _altered(random: Random, body: bytes, bits: int) -> bytes:
    packed = bytearray(_packed(random, body, bits))
    for _ in range(random.randint(1, 3)):
        packed[random.randrange(len(packed))] = random.randrange(256)
    return bytes(packed)


def _longer(random: Random, body: bytes, bits: int) -> bytes:
    packed = _packed(random, body, bits)
    return packed + random.choice((b"\0", b"\n", packed, body, random.randbytes(20)))


def _otherwise(random: Random, body: bytes, bits: int) -> bytes:
    return random.choice((body, _packed(random, body, 46 - bits), _packed(random, body, -15), zlib.compress(body)[2:]))


def _twice(random: Random, body: bytes, bits: int) -> bytes:
    return _packed(random, _packed(random, body, bits), bits)


def _bomb(random: Random, body: bytes, bits: int) -> bytes:
    size = random.choice((66_000, 262_145, 3_000_000))
    stream = zlib.compressobj(9, zlib.DEFLATED, bits)
    return stream.compress(body + random.choice((b" ", b"\0", b"[")) * size) + stream.flush()


_FAULTS = (_cut, _altered, _longer, _otherwise, _twice, _bomb)


def _input(kind: str, request: Request) -> Input:
    framed = request.framed()
    return Input(kind, framed.wire(), (framed,))
