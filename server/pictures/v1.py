"""Decode a request of KServe's V1 protocol: files in base64 and arrays of pixels, in any mixture."""

import msgspec
from msgspec import UNSET, Raw, UnsetType

from server.errors import InvalidInput
from server.json import strict
from server.pictures.batch import parse_picture, parse_stack
from server.pictures.prepare import Items, Pixels, error_context
from server.pictures.request import decode_base64

_INSTANCE = 'An instance must be {"b64": "…"}, {"image_bytes": {"b64": "…"}} or a picture as a list of rows'


class _Encoded(msgspec.Struct):
    b64: str


class _Instance(msgspec.Struct):
    b64: str | UnsetType = UNSET
    image_bytes: _Encoded | UnsetType = UNSET


class _Document(msgspec.Struct):
    instances: Raw


_INSTANCES = msgspec.json.Decoder(list[Raw])
_INSTANCE_OBJECT = msgspec.json.Decoder(_Instance)
_DOCUMENT = msgspec.json.Decoder(_Document)


def decode_instances(body: bytes) -> Items:
    """Decode {"instances": [picture, …]} to files and pixels. Raises InvalidInput."""
    try:
        document = strict.decode(_DOCUMENT, body)
        instances = _INSTANCES.decode(document.instances)
    except msgspec.ValidationError as error:
        raise InvalidInput('The body must be a JSON object {"instances": [picture, …]}.', "structure") from error
    if not instances:
        raise InvalidInput("The list of pictures is empty. Send at least one.", "empty_list")
    stack = parse_stack(document.instances)
    if stack is not None:
        return stack
    items = []
    for index, instance in enumerate(instances):
        with error_context(index, len(instances)):
            items.append(_decode_instance(instance))
    return items


def _decode_instance(instance: Raw) -> bytes | Pixels:
    match strict.kind(instance):
        case "a list":
            return parse_picture(instance)
        case "an object":
            return decode_base64(_base64_of(instance))
        case other:
            raise InvalidInput(f"{_INSTANCE}, not {other}.", "structure")


def _base64_of(instance: Raw) -> str:
    try:
        decoded = _INSTANCE_OBJECT.decode(instance)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"{_INSTANCE}.", "structure") from error
    in_image_bytes = UNSET if decoded.image_bytes is UNSET else decoded.image_bytes.b64
    texts = [text for text in (decoded.b64, in_image_bytes) if text is not UNSET]
    if len(texts) != 1:
        raise InvalidInput(f"{_INSTANCE}.", "structure")
    return texts[0]
