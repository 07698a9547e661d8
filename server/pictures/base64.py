"""Base64, or a data: URL → bytes, in one spelling only."""

import binascii
import re

from server.errors import InvalidInput

_DATA_URL = re.compile(r"data:[A-Za-z0-9.+/;=-]{0,100},")

_NO_BASE64 = "The picture is not base64: A-Z, a-z, 0-9, + and /, filled up with = at the end, and no line breaks."


def decode(text: str) -> bytes:
    """Raises InvalidInput."""
    if text.startswith("data:"):
        head = _DATA_URL.match(text)
        if head is None or not head[0].endswith(";base64,"):
            raise InvalidInput("A data: URL of a picture begins as data:image/png;base64,….")
        text = text[head.end() :]
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError as error:
        raise InvalidInput(_NO_BASE64) from error
    if binascii.b2a_base64(data, newline=False) != text.encode():  # the strict mode lets surplus padding pass
        raise InvalidInput(_NO_BASE64)
    if not data:
        raise InvalidInput("The picture is empty.")
    return data
