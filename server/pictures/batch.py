"""The body {"x": pictures} → their pixels."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from msgspec import UNSET, Raw, UnsetType

from server.errors import InvalidInput
from server.json import strict
from server.pictures import nested, numbered
from server.pictures.grayscale import Pixels


class Batch(NamedTuple):
    pictures: Sequence[Pixels] | Pixels
    probabilities: bool = False


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    x: Raw
    probabilities: bool | UnsetType = UNSET


_BEGUN = re.compile(rb'[ \t\n\r]*\{[ \t\n\r]*"x"[ \t\n\r]*:')
_DOCUMENT = msgspec.json.Decoder(_Document)
_PICTURES = msgspec.json.Decoder(list[Raw])


def read(body: bytes) -> Batch:
    """Raises InvalidInput."""
    alone = _alone(body)
    stack = None if alone is None else nested.stack(alone)
    if stack is not None:
        return Batch(stack)
    try:
        document = strict.decode(_DOCUMENT, body)
        pictures = _one_by_one(document.x)
    except msgspec.ValidationError as error:
        raise InvalidInput(
            'The body must be {"x": pictures}, a list of pictures or one, each a list of rows; '
            'it may have "probabilities", true or false.'
        ) from error
    return Batch(pictures, document.probabilities is True)


def _alone(body: bytes) -> bytes | None:
    """What is in a body that begins with the list x and ends with its object: once it is an array, nothing else is."""
    begun = _BEGUN.match(body)
    text, _, rest = body.rpartition(b"}")
    return None if begun is None or rest.strip(b" \t\n\r") else text[begun.end() :]


def _one_by_one(x: Raw) -> list[Pixels]:
    each = _PICTURES.decode(x)
    if not each:
        raise InvalidInput("The list of pictures is empty; send at least one.")
    if nested.depth(x) == nested.GREY:
        return [nested.pixels(x)]
    pictures = []
    for index, raw in enumerate(each):
        with numbered.picture(index, len(each)):
            pictures.append(nested.pixels(raw))
    return pictures
