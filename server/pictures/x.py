"""The body {"x": pictures} → their pixels."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from msgspec import UNSET, Raw, UnsetType

from server import strict_json
from server.errors import BadInput
from server.pictures import nested, numbered
from server.pictures.levels import Pixels


class Batch(NamedTuple):
    pictures: Sequence[Pixels] | Pixels
    probabilities: bool = False


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    x: Raw
    probabilities: bool | UnsetType = UNSET


_DOCUMENT = msgspec.json.Decoder(_Document)
_PICTURES = msgspec.json.Decoder(list[Raw])


def read(body: bytes) -> Batch:
    """Raises BadInput."""
    try:
        document = strict_json.decode(_DOCUMENT, body)
        strict_json.refuse_repeated(body, 1 + (document.probabilities is not UNSET))
        stack = nested.stack(document.x)
        pictures = _one_by_one(document.x) if stack is None else stack
    except msgspec.ValidationError as error:
        raise BadInput(
            'The body must be {"x": pictures}, a list of pictures or one, each a list of rows; '
            'it may have "probabilities", true or false.'
        ) from error
    return Batch(pictures, document.probabilities is True)


def _one_by_one(x: Raw) -> list[Pixels]:
    each = _PICTURES.decode(x)
    if not each:
        raise BadInput("The list of pictures is empty; send at least one.")
    if nested.depth(x) == nested.GREY:
        return [nested.pixels(x)]
    pictures = []
    for index, raw in enumerate(each):
        with numbered.picture(index, len(each)):
            pictures.append(nested.pixels(raw))
    return pictures
