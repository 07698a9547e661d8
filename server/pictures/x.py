"""{"x": images} → arrays. Each image is understood alone: nothing about one depends on those beside it."""

import re
from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

import msgspec
import numpy as np
from msgspec import UNSET, Raw, UnsetType
from numpy.typing import NDArray

from server import arrays, strict_json
from server.errors import BadInput
from server.pictures import whole_numbers
from server.pictures.levels import Pixels

Images = Sequence[Pixels] | NDArray[np.float32]

_GREY, _COLOURED = 2, 3
_CHANNELS = (1, 3, 4)
_LARGEST = 255


class Batch(NamedTuple):
    images: Images
    probabilities: bool = False


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    x: Raw
    probabilities: bool | UnsetType = UNSET


_ALONE = re.compile(rb'\s*\{\s*"x"\s*:\s*(?=\[)')
_OPENED = re.compile(rb"[\[\s]*")
_DOCUMENT = msgspec.json.Decoder(_Document)
_LIST = msgspec.json.Decoder(list[Raw])
_PIXELS: dict[int, msgspec.json.Decoder[Any]] = {
    _GREY: msgspec.json.Decoder(list[list[int | float]]),
    _COLOURED: msgspec.json.Decoder(list[list[list[int | float]]]),
}


def read(body: bytes) -> Batch:
    """Raises BadInput."""
    if head := _ALONE.match(body):
        text, _, rest = body[head.end() :].rpartition(b"}")
        numbers = None if rest.strip() else whole_numbers.array(text.rstrip())
        if numbers is not None:
            return Batch(_scaled(numbers, numbers.max(axis=(1, 2))))
    try:
        document = strict_json.decode(_DOCUMENT, body)
    except msgspec.ValidationError as error:
        raise BadInput('The body must be {"x": images}, and may have "probabilities", true or false.') from error
    strict_json.refuse_repeated(body, 1 + (document.probabilities is not UNSET))
    return Batch(of_json(document.x), document.probabilities is True)


def of_json(x: Raw) -> Images:
    """Raises BadInput."""
    if _depth(x) == _GREY:
        return [_image(x)]
    try:
        each = _LIST.decode(x)
    except msgspec.ValidationError as error:
        raise BadInput(f'"x" must be an image, as a list of rows, or a list of images, not {_kind(x)}.') from error
    if not each:
        raise BadInput("The list of images is empty; send at least one.")
    images = []
    for index, raw in enumerate(each):
        try:
            images.append(_image(raw))
        except BadInput as error:
            raise BadInput(f"Image {index}: {error.sentence}") from error
    return images


def _image(raw: Raw) -> Pixels:
    decoder = _PIXELS.get(_depth(raw))
    if decoder is None:
        raise BadInput(f"an image is a list of rows, each a list of pixels, not {_kind(raw)}.")
    try:
        rows = decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise BadInput("a pixel is a number from 0 to 255, or a list of 1, 3 or 4 of them.") from error
    return _of_rows(rows)


def _of_rows(rows: list[list[Any]]) -> Pixels:
    shape = _shape(rows)
    values = chain.from_iterable(rows)
    try:
        numbers = arrays.flat("FP32", list(chain.from_iterable(values) if len(shape) == _COLOURED else values))
    except OverflowError as error:
        raise _out_of_range() from error
    if numbers.min() < 0 or numbers.max() > _LARGEST:
        raise _out_of_range()
    return _scaled(numbers.reshape(shape), numbers.max())


def _scaled(numbers: NDArray[Any], largest: NDArray[Any]) -> Pixels:
    """largest: of each image, which decides whether its numbers go to 1 or to 255."""
    scale = np.where(largest > 1, np.float32(_LARGEST), np.float32(1))
    scaled = numbers / scale.reshape(-1, *(1,) * (numbers.ndim - 1))
    return scaled.astype(np.float32, copy=False).reshape(numbers.shape)


def _shape(rows: list[list[Any]]) -> tuple[int, ...]:
    width = len(rows[0]) if rows else 0
    if not width:
        raise BadInput("the image is empty.")
    for index, row in enumerate(rows):
        if len(row) != width:
            raise BadInput(f"row {index} has {len(row)} pixels, and row 0 has {width}.")
    if not isinstance(rows[0][0], list):
        return len(rows), width
    channels = len(rows[0][0])
    if channels not in _CHANNELS or set(map(len, chain.from_iterable(rows))) != {channels}:
        raise BadInput("every pixel has as many colours as the others: 1, 3 or 4.")
    return len(rows), width, channels


def _out_of_range() -> BadInput:
    return BadInput("pixels are from 0 to 255, or from 0 to 1.")


def _depth(raw: Raw) -> int:
    opened = _OPENED.match(raw)
    return opened[0].count(b"[") if opened else 0


def _kind(raw: Raw) -> str:
    return strict_json.kind(raw)
