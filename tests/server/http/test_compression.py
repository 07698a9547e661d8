"""Content codings: what is expanded and refused, and what is chosen for a response."""

import gzip
import zlib
from collections.abc import Callable

import pytest

from server.errors import InvalidInput, TooLarge, UnsupportedMediaType
from server.http.compression import FREE_BYTES, MAX_RATIO, accepted_coding, compress, content_coding, expand
from server.response import Response

CAP = 1 << 20
PACKED: dict[bytes, Callable[[bytes], bytes]] = {b"gzip": gzip.compress, b"deflate": zlib.compress}
ROWS = b"".join(b"[%d,%d]," % (number, number * 7919 % 10007) for number in range(20_000))
CODINGS = pytest.mark.parametrize("coding", PACKED)


@CODINGS
@pytest.mark.parametrize("body", [b"{}", ROWS, bytes(FREE_BYTES)], ids=["short", "rows", "zeros"])
def test_body_is_as_it_was(coding: bytes, body: bytes) -> None:
    assert expand(coding, PACKED[coding](body), 2 * CAP) == body


def test_no_body_stays_none() -> None:
    assert expand(b"gzip", b"", CAP) == b""


@CODINGS
def test_body_may_expand_to_the_limit_and_not_beyond(coding: bytes) -> None:
    body = ROWS[:100_000]
    assert expand(coding, PACKED[coding](body), len(body)) == body
    with pytest.raises(TooLarge, match=f"over {len(body) - 1} bytes after decompression"):
        expand(coding, PACKED[coding](body), len(body) - 1)


@CODINGS
def test_ratio_is_limited_beyond_what_is_free(coding: bytes) -> None:
    zeros = PACKED[coding](bytes(FREE_BYTES + 1))
    assert MAX_RATIO * len(zeros) < FREE_BYTES
    with pytest.raises(TooLarge, match=f"{MAX_RATIO} times"):
        expand(coding, zeros, CAP)


@CODINGS
@pytest.mark.parametrize("keep", [1, 5, 12, 5000, -9, -8, -4, -1])
def test_body_that_is_cut_off_is_refused(coding: bytes, keep: int) -> None:
    with pytest.raises(InvalidInput, match="ends before"):
        expand(coding, PACKED[coding](ROWS)[:keep], CAP)


@CODINGS
@pytest.mark.parametrize(
    "after", [b"\0", b"{}", gzip.compress(b"{}"), zlib.compress(b"")], ids=["zero", "JSON", "gzip", "deflate"]
)
def test_body_that_goes_on_is_refused(coding: bytes, after: bytes) -> None:
    with pytest.raises(InvalidInput, match="goes on"):
        expand(coding, PACKED[coding](ROWS) + after, CAP)


@CODINGS
@pytest.mark.parametrize("place", [0, 1, 3, 500, -5, -1])
def test_damaged_body_is_refused(coding: bytes, place: int) -> None:
    packed = bytearray(PACKED[coding](ROWS))
    packed[place] ^= 0xFF
    with pytest.raises(InvalidInput):
        expand(coding, bytes(packed), CAP)


@pytest.mark.parametrize(
    "body", [b"{}", ROWS, zlib.compress(ROWS)[2:-4], gzip.compress(ROWS)], ids=["JSON", "rows", "raw", "gzip"]
)
def test_other_bytes_are_no_deflate(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        expand(b"deflate", body, CAP)


@pytest.mark.parametrize(
    ("value", "coding"),
    [
        (b"gzip", b"gzip"),
        (b"GZip ", b"gzip"),
        (b"x-gzip", b"gzip"),
        (b"deflate", b"deflate"),
        (b"identity", b""),
        (b"", b""),
    ],
)
def test_content_coding_is_read_as_http_says(value: bytes, coding: bytes) -> None:
    assert content_coding(value) == coding


@pytest.mark.parametrize("value", [b"br", b"zstd", b"gzip, gzip", b"gzip,deflate", b"gzip;q=1", b"compress", b"*"])
def test_other_codings_are_refused_with_those_that_are_taken(value: bytes) -> None:
    with pytest.raises(UnsupportedMediaType) as refused:
        content_coding(value)
    assert refused.value.headers == {"accept-encoding": "gzip, deflate"}


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (b"", b""),
        (b"identity", b""),
        (b"br, zstd", b""),
        (b"gzip", b"gzip"),
        (b"gzip, deflate, br", b"gzip"),
        (b"deflate", b"deflate"),
        (b"X-GZIP", b"gzip"),
        (b"gzip;q=0.5, deflate;q=0.8", b"deflate"),
        (b"deflate;q=1.0,gzip;q=1", b"gzip"),
        (b"gzip;q=0", b""),
        (b"gzip ; q=0.000 , deflate;q=0", b""),
        (b"*", b"gzip"),
        (b"gzip;q=0, *", b"deflate"),
        (b"*;q=0", b""),
        (b"*;q=0, gzip", b"gzip"),
        (b"gzip;q=0.5, identity", b""),
        (b"identity;q=0.5, gzip;q=0.4", b""),
        (b"identity, gzip", b"gzip"),
        (b"identity;q=0, *;q=0.1", b"gzip"),
        (b"gzip;q=2", b""),
        (b"gzip;q=x, deflate", b"deflate"),
        (b"gzipped", b""),
        (b";;,,\xff" * 1000, b""),
    ],
)
def test_coding_that_the_caller_likes_best_is_chosen(accepted: bytes, coding: bytes) -> None:
    assert accepted_coding(accepted) == coding


@CODINGS
def test_response_is_compressed_for_those_who_can_read_it(coding: bytes) -> None:
    kind = (b"content-type", b"text/html")
    compressed = compress(Response(ROWS, [kind, (b"vary", b"accept")]), coding)
    assert expand(coding, compressed.body, CAP) == ROWS
    assert list(compressed.headers) == [kind, (b"vary", b"accept, Accept-Encoding"), (b"content-encoding", coding)]
    plain = compress(Response(ROWS, [kind]), b"")
    assert (plain.body, list(plain.headers)) == (ROWS, [kind, (b"vary", b"Accept-Encoding")])


@pytest.mark.parametrize("header", [(b"content-type", b"image/png"), (b"content-encoding", b"gzip")])
def test_what_is_compressed_already_is_sent_as_it_is(header: tuple[bytes, bytes]) -> None:
    response = Response(ROWS, [header])
    assert compress(response, b"gzip") is response
