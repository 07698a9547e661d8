"""Requests whose body went wrong: in its structure, in its binary part, or as mere text."""

import struct
from collections.abc import Callable
from random import Random

from tests.server.fuzz import edges, good
from tests.server.fuzz.json_tree import encode, tree
from tests.server.fuzz.request import Input, Request
from tests.server.fuzz.trees import changed


def structure(kind: str, protocol: Callable[[Random], good.Written]) -> Callable[[Random], Input]:
    def make(random: Random) -> Input:
        target, document, packed = protocol(random)
        return _asked(kind, good.written(target, encode(changed(random, document)), packed))

    return make


def binary(random: Random) -> Input:
    """V2 with binary tensors: sizes, surplus, gaps, values that are no number, and the length of the JSON part."""
    target, document, packed = good.v2_binary(random)
    parameters = random.choice(document["inputs"])["parameters"]
    fault = random.randrange(6)
    if fault == 0:
        parameters["binary_data_size"] = random.choice(
            (*edges.SIZES, parameters["binary_data_size"] + random.choice((-8, -4, -1, 1, 4, 8)))
        )
    elif fault == 1:
        packed = random.choice((packed[:-1], packed + b"\0", packed[1:], packed * 2, packed[: len(packed) // 2]))
    elif fault == 2:
        packed = _values_replaced(random, packed)
    request = good.written(target, encode(tree(document) if fault else changed(random, document)), packed)
    if fault == 3:
        near = b"%d" % (len(request.body) - len(packed) + random.choice((-1, 1, len(packed), len(packed) + 1)))
        request = request.with_headers((good.JSON_LENGTH, random.choice((*edges.JSON_LENGTHS, near))))
    return _asked("V2 binary, bytes", request)


def text(random: Random) -> Input:
    """A good body of any protocol, cut, mixed up or written in another encoding."""
    target, document, packed = random.choice(good.PROTOCOLS)(random)
    written = random.choice(_TEXT_FAULTS)(random, encode(tree(document)))
    return _asked("text", good.written(target, written, packed))


def _asked(kind: str, request: Request) -> Input:
    framed = request.framed()
    return Input(kind, framed.wire(), (framed,), kept=True)


def _values_replaced(random: Random, packed: bytes) -> bytes:
    code, size = random.choice((("<f", 4), ("<d", 8)))
    value = random.choice((float("nan"), float("inf"), float("-inf"), 0.0, -0.0, 1e-45, 3.4e38, -1.0))
    start = random.randrange(0, len(packed), size) if packed else 0
    return random.choice((packed[:start] + struct.pack(code, value), random.randbytes(start))) + packed[start + size :]


def cut(random: Random, written: bytes) -> bytes:
    return written[: random.randrange(len(written))]


def spliced(random: Random, written: bytes) -> bytes:
    start = random.randrange(len(written))
    return written[:start] + random.choice(_SCRAPS) + written[start + random.randrange(3) :]


def flipped(random: Random, written: bytes) -> bytes:
    changed_bytes = bytearray(written)
    for _ in range(random.randint(1, 4)):
        changed_bytes[random.randrange(len(written))] = random.randrange(256)
    return bytes(changed_bytes)


def _surrounded(random: Random, written: bytes) -> bytes:
    before, after = random.choice(_SURROUNDINGS)
    return before + written + after


def _encoded(random: Random, written: bytes) -> bytes:
    return written.decode().encode(random.choice(("utf-8-sig", "utf-16", "utf-16-le", "utf-32", "utf-7", "cp037")))


_TEXT_FAULTS = (cut, spliced, flipped, _surrounded, _encoded)
_SCRAPS = (
    b",",
    b":",
    b'"',
    b"{",
    b"}",
    b"[",
    b"]",
    b"\\",
    b"\0",
    b"\xff",
    b"//",
    b"/**/",
    b"NaN",
    b"null",
    b"-",
    b"e9",
    b" ",
)
_SURROUNDINGS = (
    *(
        (b" \t\r\n", b"\n"),
        (b"\xef\xbb\xbf", b""),
        (b"", b"x"),
        (b"", b"\0"),
        (b"", b",{}"),
        (b"[", b"]"),
        (b"\x0c", b""),
    ),
    *((b"", b"\n" + b'{"x":1,"y":1}'), (b")]}',\n", b""), (b"callback(", b")"), (b"", b" " * 5000), (b"\x1f\x8b", b"")),
)
