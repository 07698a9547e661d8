"""The request ID and the W3C trace context, which are in the response and in the log."""

import random
import re
from collections.abc import Mapping

# Visible ASCII; the log quotes it as it is, so a quotation mark or a backslash is not kept.
_REQUEST_ID = re.compile(rb"[!#-\[\]-~]{1,64}")
# https://www.w3.org/TR/trace-context/: versions after 00 may append fields.
_TRACEPARENT = re.compile(
    rb"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?P<later>-[!-~]{0,200})?"
)


def request_id(headers: Mapping[bytes, bytes]) -> bytes:
    """Return the caller's ID, or a new one if there is none that can be kept."""
    given = headers.get(b"x-request-id")
    if given is not None and _REQUEST_ID.fullmatch(given):
        return given
    return b"%016x" % random.getrandbits(64)


def traceparent(headers: Mapping[bytes, bytes]) -> bytes:
    """Return the caller's W3C trace context, or nothing if there is none or it is invalid."""
    given = headers.get(b"traceparent")
    if given is None:
        return b""
    found = _TRACEPARENT.fullmatch(given)
    return given if found and (found["later"] is None or not given.startswith(b"00")) else b""


def trace_id(traceparent: bytes) -> str:
    """Return the trace's ID, the second field of a valid trace context."""
    return traceparent[3:35].decode()
