"""Decode the body of a request for one picture: a file, a form, or JSON with base64 or a link."""

import binascii
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from server.errors import InvalidInput
from server.json import strict
from server.pictures.form import parse_form
from server.response import JSON
from server.route import Headers, media_type

FORM = b"multipart/form-data"
FILES = (b"image/jpeg", b"image/png", b"application/dicom", b"application/octet-stream")
READS = (*FILES, FORM, JSON)
FILE_FIELDS = (b"image_file", b"image", b"file")
MAX_LINK_BODY = 16 << 10  # bytes; longer bodies are not searched for a link, because that happens on the event loop

_ACCEPTED = (
    "Send it as image/jpeg, image/png or application/dicom, as the field image_file of a form, or as JSON "
    '{"image": base64} or {"url": link}.'
)
_DATA_URL = re.compile(r"data:[A-Za-z0-9.+/;=-]{0,100},")
_NOT_BASE64 = (
    "The picture is not valid base64. Use A-Z, a-z, 0-9, + and /, pad with = at the end, and leave out line breaks."
)


class ImageRequest(NamedTuple):
    """A request for the prediction on one picture.

    Attributes:
        data: The picture's file; empty if there is a link.
        url: The link to the picture; empty if there is a file.
        preview: Whether to return the picture as the model sees it ("seen" in the request).
        probabilities: Whether to return the probabilities where they are optional.
    """

    data: bytes = b""
    url: str = ""
    preview: bool = False
    probabilities: bool = False


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    image: str | UnsetType = UNSET
    url: str | UnsetType = UNSET
    seen: bool | UnsetType = UNSET
    probabilities: bool | UnsetType = UNSET


_DOCUMENT = msgspec.json.Decoder(_Document)


def decode_request(body: bytes, headers: Headers) -> ImageRequest:
    """Decode a body of any of the content types in READS. Raises InvalidInput."""
    match media_type(headers):
        case b"application/json":
            return decode_json(body)
        case b"multipart/form-data":
            return _from_form(parse_form(body, headers[b"content-type"]))
    if not body:
        raise InvalidInput(f"The body is empty, but a picture is needed. {_ACCEPTED}", "no_picture")
    return ImageRequest(body)


def decode_link_request(body: bytes, headers: Headers) -> ImageRequest | None:
    """Decode a short JSON body with a link; None for any other body. Raises InvalidInput."""
    if len(body) > MAX_LINK_BODY or media_type(headers) != JSON:
        return None
    request = decode_json(body)
    return request if request.url else None


def decode_json(body: bytes) -> ImageRequest:
    """Decode {"image": base64} or {"url": link}. Raises InvalidInput."""
    try:
        document = strict.decode(_DOCUMENT, body)
    except msgspec.ValidationError as error:
        raise InvalidInput(
            'The JSON must be {"image": base64} or {"url": link}. "seen" and "probabilities" are true or false.',
            "structure",
        ) from error
    if (document.image is UNSET) == (document.url is UNSET):
        raise InvalidInput('The JSON must have exactly one of "image" and "url".', "no_picture")
    preview, probabilities = document.seen is True, document.probabilities is True
    if document.image is not UNSET:
        return ImageRequest(decode_base64(document.image), "", preview, probabilities)
    if not document.url:
        raise InvalidInput('The link in "url" is empty.', "no_picture")
    return ImageRequest(b"", document.url, preview, probabilities)


def decode_base64(text: str) -> bytes:
    """Decode base64 or a data: URL, accepting only one spelling of the same bytes. Raises InvalidInput."""
    if text.startswith("data:"):
        prefix = _DATA_URL.match(text)
        if prefix is None or not prefix[0].endswith(";base64,"):
            raise InvalidInput("A data: URL must declare base64, as in data:image/png;base64,AAAA.", "base64")
        text = text[prefix.end() :]
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError as error:
        raise InvalidInput(_NOT_BASE64, "base64") from error
    if binascii.b2a_base64(data, newline=False) != text.encode():  # the strict mode accepts surplus padding
        raise InvalidInput(_NOT_BASE64, "base64")
    if not data:
        raise InvalidInput("The picture is empty.", "no_picture")
    return data


def _from_form(fields: Mapping[bytes, Sequence[bytes]]) -> ImageRequest:
    sent = [content for name in FILE_FIELDS for content in fields.get(name, ())]
    files = list(filter(None, sent)) or sent[:1]  # a browser sends a field without a choice as an empty file
    if len(files) != 1:
        raise InvalidInput(
            f"The form has {len(files)} pictures, but it must have one. Send it in the field image_file.", "no_picture"
        )
    if not files[0]:
        raise InvalidInput("The file in the form is empty. Choose a picture.", "no_picture")
    return ImageRequest(files[0], "", _switch(fields, "seen"), _switch(fields, "probabilities"))


def _switch(fields: Mapping[bytes, Sequence[bytes]], name: str) -> bool:
    values = fields.get(name.encode(), [b"false"])
    if values not in ([b"true"], [b"false"]):
        raise InvalidInput(f"The form's field {name} must be true or false.", "form")
    return values == [b"true"]
