"""The examples of RFC 7541, and blocks that no client sends."""

import os
import random
import time
from contextlib import suppress

import pytest

from server.grpc import frames
from server.grpc.hpack import Decoder
from server.grpc.huffman import HpackError, huffman

FIRST = [(b":method", b"GET"), (b":scheme", b"http"), (b":path", b"/"), (b":authority", b"www.example.com")]
THIRD = [
    (b":method", b"GET"),
    (b":scheme", b"https"),
    (b":path", b"/index.html"),
    (b":authority", b"www.example.com"),
    (b"custom-key", b"custom-value"),
]


def remembered(value: bytes) -> bytes:
    """Return a field "a" that enters the table."""
    return b"\x40\x01a" + frames.fields([(b"", value)])[2:]


@pytest.mark.parametrize(
    "blocks",
    [
        (  # C.3, without Huffman's code
            "828684410f7777772e6578616d706c652e636f6d",
            "828684be58086e6f2d6361636865",
            "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
        ),
        (  # C.4, with it
            "828684418cf1e3c2e5f23a6ba0ab90f4ff",
            "828684be5886a8eb10649cbf",
            "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
        ),
    ],
)
def test_requests_of_the_rfc(blocks: tuple[str, str, str]) -> None:
    first, second, third = map(bytes.fromhex, blocks)
    decoder = Decoder(1 << 15)
    assert decoder.decode(first) == FIRST
    assert decoder.decode(second) == [*FIRST, (b"cache-control", b"no-cache")]
    assert decoder.decode(third) == THIRD
    assert decoder.decode(third) != THIRD, "the table has moved on"


def test_a_block_that_refers_to_the_table_follows_it() -> None:
    decoder = Decoder(1 << 15)
    latest = b"\xbe"  # the newest entry of the table
    for value in (b"one", b"two", b"two", b"three"):
        decoder.decode(remembered(value))
        assert decoder.decode(latest) == decoder.decode(latest) == [(b"a", value)]


def test_old_entries_leave_the_table() -> None:
    decoder = Decoder(1 << 15)
    for _ in range(3):
        decoder.decode(remembered(b"x" * 2000))  # each takes half of it
    assert decoder.decode(b"\xbf")[0][0] == b"a"
    with pytest.raises(HpackError):
        decoder.decode(b"\xc0")


def test_what_is_encoded_for_answers_can_be_decoded() -> None:
    fields = [(b"grpc-status", b"3"), (b"grpc-message", b"x" * 126), (b"a", b"x" * 127), (b"b", b"y" * 1000)]
    assert Decoder(1 << 15).decode(frames.fields(fields)) == fields


def test_huffman_code_of_every_byte() -> None:
    # "a" and "0" have 5 bits, "~" 13 and byte 249 has 28; what is left of the last byte are ones.
    assert huffman(bytes.fromhex("1f")) == b"a"
    assert huffman(bytes.fromhex("07")) == b"0"
    assert huffman(bytes.fromhex("ffef")) == b"~"
    assert huffman(bytes.fromhex("ffffffef")) == bytes([249])


@pytest.mark.parametrize(
    "block",
    [
        b"\x80",  # the entry 0
        b"\xff\x80\x80\x80\x80\x80\x01",  # an integer too long
        b"\xff\x7f",  # an entry that is not there
        b"\xff",  # an integer that goes on
        b"\x40\x05ab",  # a string that goes on
        b"\x40",
        b"\x3f\xe1\x7f",  # a table larger than allowed
        b"\x82\x20",  # the table's size behind a field
        b"\x00\x81\xff\x00",  # bits left over that are no padding: 8 ones
        b"\x00\x82\xff\xff\x00",
        b"\x00\x81\x1e\x00",  # padding with a zero
        b"\x40\x01a\x01x" + b"\xbe" * 1000,  # more than allowed when expanded
    ],
)
def test_bad_block_is_refused(block: bytes) -> None:
    with pytest.raises(HpackError):
        Decoder(1 << 14).decode(block)


def test_a_table_entry_repeated_many_times_is_refused_at_once() -> None:
    decoder = Decoder(1 << 15)
    decoder.decode(remembered(b"x" * 4000))
    began = time.perf_counter()
    with pytest.raises(HpackError):
        decoder.decode(b"\xbe" * 30_000)
    assert time.perf_counter() - began < 0.05


def test_any_bytes_are_decoded_or_refused_in_linear_time() -> None:
    generator = random.Random(7)  # noqa: S311 (not a secret)
    began = time.perf_counter()
    for _ in range(60):
        decoder = Decoder(1 << 15)
        block = generator.choice([os.urandom(200), b"\x00\xff\x80\x3f" + b"\xff" * 8000, b"\xff" * 8000])
        with suppress(HpackError):
            decoder.decode(block)
    assert time.perf_counter() - began < 1
