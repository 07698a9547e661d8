"""KServe's V1 protocol for pictures: encoded files in base64, or arrays of pixels, in any mixture."""

import msgspec
from msgspec import UNSET, Raw, UnsetType

from server.errors import InvalidInput
from server.json import strict
from server.pictures import base64, nested, numbered
from server.pictures.grayscale import Pixels
from server.pictures.prepare import Items

_INSTANCE = 'An instance is {"b64": "…"}, {"image_bytes": {"b64": "…"}} or a picture as a list of rows'


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


def read(body: bytes) -> Items:
    """{"instances": [picture, …]} → files and pixels. Raises InvalidInput."""
    try:
        together = strict.decode(_DOCUMENT, body).instances
        instances = _INSTANCES.decode(together)
    except msgspec.ValidationError as error:
        raise InvalidInput('The body must be a JSON object {"instances": [picture, …]}.') from error
    if not instances:
        raise InvalidInput("The list of pictures is empty; send at least one.")
    stack = nested.stack(together)
    if stack is not None:
        return stack
    items = []
    for index, instance in enumerate(instances):
        with numbered.picture(index, len(instances)):
            items.append(_item(instance))
    return items


def _item(instance: Raw) -> bytes | Pixels:
    match strict.kind(instance):
        case "a list":
            return nested.pixels(instance)
        case "an object":
            return base64.decode(_encoded(instance))
        case other:
            raise InvalidInput(f"{_INSTANCE}, not {other}.")


def _encoded(instance: Raw) -> str:
    try:
        read = _INSTANCE_OBJECT.decode(instance)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"{_INSTANCE}.") from error
    given = [read.b64] if read.image_bytes is UNSET else [read.b64, read.image_bytes.b64]
    texts = [text for text in given if text is not UNSET]
    if len(texts) != 1:
        raise InvalidInput(f"{_INSTANCE}.")
    return texts[0]
