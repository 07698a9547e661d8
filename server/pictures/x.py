"""The body {"x": pictures} → their pixels."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from msgspec import UNSET, Raw, UnsetType
from numpy.typing import NDArray

from server import strict_json
from server.errors import BadInput
from server.pictures import nested, numbered, whole_numbers
from server.pictures.levels import Pixels


class Batch(NamedTuple):
    pictures: Sequence[Pixels] | NDArray[np.float32]
    probabilities: bool = False


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    x: list[Raw]
    probabilities: bool | UnsetType = UNSET


_HEAD = re.compile(rb'\s*\{\s*"x"\s*:\s*(?=\[)')
_DOCUMENT = msgspec.json.Decoder(_Document)


def read(body: bytes) -> Batch:
    """Raises BadInput."""
    if head := _HEAD.match(body):
        text, _, rest = body[head.end() :].rpartition(b"}")
        numbers = None if rest.strip() else whole_numbers.array(text.rstrip())
        if numbers is not None and min(numbers.shape[1:]) >= nested.SIDE:
            return Batch(nested.scaled(numbers, numbers.max(axis=(1, 2))))
    try:
        document = strict_json.decode(_DOCUMENT, body)
    except msgspec.ValidationError as error:
        raise BadInput(
            'The body must be {"x": pictures}, a list of pictures or one, each a list of rows; '
            'it may have "probabilities", true or false.'
        ) from error
    strict_json.refuse_repeated(body, 1 + (document.probabilities is not UNSET))
    if not document.x:
        raise BadInput("The list of pictures is empty; send at least one.")
    return Batch(_pictures(document.x), document.probabilities is True)


def _pictures(raws: list[Raw]) -> list[Pixels]:
    if nested.depth(raws[0]) == nested.GREY - 1:
        return [nested.pixels(b"[%b]" % b",".join(raws))]
    pictures = []
    for index, raw in enumerate(raws):
        with numbered.picture(index, len(raws)):
            pictures.append(nested.pixels(raw))
    return pictures
