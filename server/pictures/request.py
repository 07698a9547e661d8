"""The body of a request for one picture → the picture's file, or the link to it, and what is wished for besides."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from server.errors import InvalidInput
from server.json import strict
from server.pictures import base64, form
from server.response import JSON
from server.route import Headers, media_type

FORM = b"multipart/form-data"
READS = (b"image/jpeg", b"image/png", FORM, JSON)
FILE_FIELDS = (b"image_file", b"image", b"file")

LINKED_BYTES = 16 << 10
"""A longer body is not looked into for a link."""

FORMS = (
    'send it as image/jpeg or image/png, as the field image_file of a form, or as JSON {"image": base64} '
    'or {"url": link}'
)


class Sent(NamedTuple):
    """data: the picture's file, empty where there is a link; seen, probabilities: what the answer shall have too."""

    data: bytes = b""
    url: str = ""
    seen: bool = False
    probabilities: bool = False


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    image: str | UnsetType = UNSET
    url: str | UnsetType = UNSET
    seen: bool | UnsetType = UNSET
    probabilities: bool | UnsetType = UNSET


_DOCUMENT = msgspec.json.Decoder(_Document)


def read(body: bytes, headers: Headers) -> Sent:
    """Raises InvalidInput."""
    match media_type(headers):
        case b"application/json":
            return of_json(body)
        case b"multipart/form-data":
            return _of_form(form.fields(body, headers[b"content-type"]))
    if not body:
        raise InvalidInput(f"There is no picture: {FORMS}.")
    return Sent(body)


def read_linked(body: bytes, headers: Headers) -> Sent | None:
    """Of a body with a link, what read() gives; only short ones are looked into, to be quick. Raises InvalidInput."""
    if len(body) > LINKED_BYTES or media_type(headers) != JSON:
        return None
    sent = of_json(body)
    return sent if sent.url else None


def of_json(body: bytes) -> Sent:
    try:
        document = strict.decode(_DOCUMENT, body)
    except msgspec.ValidationError as error:
        raise InvalidInput(
            'The JSON must be {"image": base64} or {"url": link}; "seen" and "probabilities" are true or false.'
        ) from error
    if (document.image is UNSET) == (document.url is UNSET):
        raise InvalidInput('The picture is missing, or there are two: the JSON has one of "image" and "url".')
    wishes = document.seen is True, document.probabilities is True
    if document.image is not UNSET:
        return Sent(base64.decode(document.image), "", *wishes)
    if not document.url:
        raise InvalidInput("The link is empty.")
    return Sent(b"", document.url, *wishes)


def _of_form(fields: Mapping[bytes, Sequence[bytes]]) -> Sent:
    files = [content for name in FILE_FIELDS for content in fields.get(name, ())]
    if len(files) != 1:
        raise InvalidInput(f"The form has {len(files)} pictures; send one file in the field image_file.")
    if not files[0]:
        raise InvalidInput("The file in the form is empty; choose a picture.")
    return Sent(files[0], "", _switch(fields, "seen"), _switch(fields, "probabilities"))


def _switch(fields: Mapping[bytes, Sequence[bytes]], name: str) -> bool:
    given = fields.get(name.encode(), [b"false"])
    if given not in ([b"true"], [b"false"]):
        raise InvalidInput(f"The field {name} of the form is true or false.")
    return given == [b"true"]
