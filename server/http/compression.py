"""Decompresses requests and compresses responses, with gzip or deflate (zlib's format)."""

import re
import zlib
from functools import lru_cache

from server.errors import InvalidInput, TooLarge, UnsupportedMediaType
from server.response import Response

# A body may always expand to FREE_BYTES; beyond that only to so many times its size. Rows of numbers reach 3 or 4, the
# same row over and over 200, and a bomb 1,032.
MAX_RATIO = 200
FREE_BYTES = 256 * 1024

MIN_BYTES = 4 * 1024  # a shorter response fits into a few packets anyway
INLINE_BYTES = 64 * 1024  # a longer one takes over 0.2 ms

_LEVEL = 1  # 0.2 ms for 64 KiB of JSON; the default, 6, makes them a sixth smaller and takes 0.8 ms
_WINDOW_BITS = {b"gzip": 16 + zlib.MAX_WBITS, b"deflate": zlib.MAX_WBITS}
_ALIASES = {b"x-gzip": b"gzip", b"": b"identity"}
_COMPRESSED_ALREADY = (b"image/png", b"image/jpeg")
_ACCEPTED = re.compile(rb"([a-z*-]+)[ \t]*(?:;[ \t]*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*)?")


def content_coding(value: bytes) -> bytes:
    """Return the coding that Content-Encoding names, or nothing for a plain body. Raises UnsupportedMediaType."""
    named = value.strip().lower()
    coding = _ALIASES.get(named, named)
    if coding == b"identity":
        return b""
    if coding not in _WINDOW_BITS:
        raise UnsupportedMediaType(
            "Unsupported content coding. Compress the body once, with gzip or deflate, or send it as it is.",
            {"accept-encoding": "gzip, deflate"},
        )
    return coding


def expand(coding: bytes, body: bytes, max_bytes: int) -> bytes:
    """Return the decompressed body.

    Args:
        coding: gzip or deflate.
        body: The compressed body.
        max_bytes: The most that the result may have. No more than that is ever expanded.

    Raises:
        TooLarge: The result would be longer, or MAX_RATIO times longer than the body.
        InvalidInput: The body is corrupt or incomplete.
    """
    if not body:
        return body
    limit = min(max_bytes, max(FREE_BYTES, MAX_RATIO * len(body)))
    stream = zlib.decompressobj(_WINDOW_BITS[coding])
    try:
        expanded = stream.decompress(body, limit + 1)
    except zlib.error:
        raise InvalidInput(f"The body is not valid {coding.decode()}, or was damaged.", "compression") from None
    if len(expanded) > limit:
        raise TooLarge(
            f"The body is over {max_bytes} bytes after decompression. Send less at a time."
            if limit == max_bytes
            else f"The body expands to over {MAX_RATIO} times its size. Send it uncompressed."
        )
    if not stream.eof:
        raise InvalidInput(f"The body ends before its {coding.decode()} data does. Send all of it.", "compression")
    if stream.unused_data:
        raise InvalidInput(f"The body goes on after the end of its {coding.decode()} data.", "compression")
    return expanded


@lru_cache(maxsize=256)
def accepted_coding(accept_encoding: bytes) -> bytes:
    """Return the coding that the caller prefers, or nothing for a plain response."""
    weights: dict[bytes, float] = {}
    for entry in accept_encoding.lower().split(b","):
        if found := _ACCEPTED.fullmatch(entry.strip()):
            weights[_ALIASES.get(found[1], found[1])] = float(found[2] or 1)
    others = weights.get(b"*", 0.0)
    weight, coding = max((weights.get(coding, others), coding) for coding in _WINDOW_BITS)
    return coding if weight and weight >= weights.get(b"identity", 0.0) else b""


def compress(response: Response, coding: bytes) -> Response:
    """Return the response compressed with a coding, or plain without one, and with the Vary header either needs."""
    names = dict(response.headers)
    if names.get(b"content-type") in _COMPRESSED_ALREADY or b"content-encoding" in names:
        return response
    vary = b", ".join(filter(None, (names.get(b"vary"), b"Accept-Encoding")))
    headers = [*(header for header in response.headers if header[0] != b"vary"), (b"vary", vary)]
    if not coding:
        return Response(response.body, headers)
    stream = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW_BITS[coding])
    return Response(stream.compress(response.body) + stream.flush(), [*headers, (b"content-encoding", coding)])
