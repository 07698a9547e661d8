"""What the server relies on hpack for: the examples of RFC 7541, and bounds on what a header block may cost."""

import os
import random
import time
from contextlib import suppress

import pytest
from hpack import Decoder, HPACKError

from server.grpc import frames

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
    decoder = Decoder(max_header_list_size=1 << 15)
    assert decoder.decode(first, raw=True) == FIRST
    assert decoder.decode(second, raw=True) == [*FIRST, (b"cache-control", b"no-cache")]
    assert decoder.decode(third, raw=True) == THIRD
    assert decoder.decode(third, raw=True) != THIRD, "the table has moved on"


def test_a_block_that_refers_to_the_table_follows_it() -> None:
    decoder = Decoder(max_header_list_size=1 << 15)
    latest = b"\xbe"  # the newest entry of the table
    for value in (b"one", b"two", b"two", b"three"):
        decoder.decode(remembered(value), raw=True)
        assert decoder.decode(latest, raw=True) == decoder.decode(latest, raw=True) == [(b"a", value)]


def test_old_entries_leave_the_table() -> None:
    decoder = Decoder(max_header_list_size=1 << 15)
    for _ in range(3):
        decoder.decode(remembered(b"x" * 2000), raw=True)  # each takes half of it
    assert next(iter(decoder.decode(b"\xbf", raw=True)))[0] == b"a"
    with pytest.raises(HPACKError):
        decoder.decode(b"\xc0", raw=True)


def test_what_is_encoded_for_answers_can_be_decoded() -> None:
    fields = [(b"grpc-status", b"3"), (b"grpc-message", b"x" * 126), (b"a", b"x" * 127), (b"b", b"y" * 1000)]
    assert Decoder(max_header_list_size=1 << 15).decode(frames.fields(fields), raw=True) == fields


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
    with pytest.raises(HPACKError):
        Decoder(max_header_list_size=1 << 14).decode(block, raw=True)


def test_a_table_entry_repeated_many_times_is_refused_at_once() -> None:
    decoder = Decoder(max_header_list_size=1 << 15)
    decoder.decode(remembered(b"x" * 4000), raw=True)
    began = time.perf_counter()
    with pytest.raises(HPACKError):
        decoder.decode(b"\xbe" * 30_000, raw=True)
    assert time.perf_counter() - began < 0.05


def test_any_bytes_are_decoded_or_refused_in_linear_time() -> None:
    generator = random.Random(7)  # noqa: S311 (not a secret)
    began = time.perf_counter()
    for _ in range(60):
        decoder = Decoder(max_header_list_size=1 << 15)
        block = generator.choice([os.urandom(200), b"\x00\xff\x80\x3f" + b"\xff" * 8000, b"\xff" * 8000])
        with suppress(HPACKError):
            decoder.decode(block, raw=True)
    assert time.perf_counter() - began < 1
