"""Decode pictures that are nested JSON lists of numbers: the body {"x": pictures}, and single pictures for V1."""

import re
from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

import msgspec
import numpy as np
from msgspec import UNSET, Raw, UnsetType

from server.errors import InvalidInput
from server.json import arrays, strict
from server.pictures.prepare import Pixels, error_context

MIN_SIDE = 8  # pixels; anything smaller is probably one coloured picture that should have been in a list

_GREY, _COLOURED = 2, 3  # nesting depth of one picture
_CHANNELS = (1, 3, 4)
_MAX_VALUE = 255

# A body that begins with "x", up to the value.
_BATCH_PREFIX = re.compile(rb'[ \t\n\r]*\{[ \t\n\r]*"x"[ \t\n\r]*:')
_OPENING_BRACKETS = re.compile(rb"[\[\s]*")


class BatchRequest(NamedTuple):
    pictures: Sequence[Pixels] | Pixels
    probabilities: bool = False


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    x: Raw
    probabilities: bool | UnsetType = UNSET


_DOCUMENT = msgspec.json.Decoder(_Document)
_PICTURES = msgspec.json.Decoder(list[Raw])
_LISTS: dict[int, msgspec.json.Decoder[Any]] = {
    _GREY: msgspec.json.Decoder(list[list[float]]),
    _COLOURED: msgspec.json.Decoder(list[list[list[float]]]),
}


def decode_batch(body: bytes) -> BatchRequest:
    """Decode {"x": pictures}, with an optional "probabilities". Raises InvalidInput."""
    stack = _only_pictures(body)
    if stack is not None:
        return BatchRequest(stack)
    try:
        document = strict.decode(_DOCUMENT, body)
        pictures = _decode_each(document.x)
    except msgspec.ValidationError as error:
        raise InvalidInput(
            'The body must be {"x": pictures}: one picture or a list of pictures, each a list of rows. '
            '"probabilities" is optional and must be true or false.',
            "structure",
        ) from error
    return BatchRequest(pictures, document.probabilities is True)


def _only_pictures(body: bytes) -> Pixels | None:
    """Take the shortcut for the usual body, which has nothing but grey pictures of one size.

    What is between the key "x" and the last brace is the value if it parses as an array: then nothing else is in there.
    """
    prefix = _BATCH_PREFIX.match(body)
    text, _, rest = body.rpartition(b"}")
    if prefix is None or rest.strip(b" \t\n\r"):
        return None
    return parse_stack(text[prefix.end() :])


def _decode_each(x: Raw) -> list[Pixels]:
    each = _PICTURES.decode(x)
    if not each:
        raise InvalidInput("The list of pictures is empty. Send at least one.", "empty_list")
    if _depth(x) == _GREY:
        return [parse_picture(x)]
    pictures = []
    for index, raw in enumerate(each):
        with error_context(index, len(each)):
            pictures.append(parse_picture(raw))
    return pictures


def parse_picture(raw: Raw) -> Pixels:
    """Parse one grey or coloured picture. Its own largest number decides whether white is 1 or 255.

    Raises:
        InvalidInput: The lists are not a picture; the sentence says why.
    """
    numbers = arrays.parse(bytes(raw))
    if numbers is None or numbers.ndim not in _LISTS:
        raise _explain_irregular(raw)
    _check_shape(numbers.shape)
    pixels = _scale(numbers, tuple(range(numbers.ndim)))
    if pixels is None:
        raise _out_of_range()
    return pixels


def parse_stack(raw: bytes | Raw) -> Pixels | None:
    """Parse a list of grey pictures of one size to [n, height, width]; None if it is anything else, or invalid."""
    numbers = arrays.parse(bytes(raw)) if _depth(raw) == 1 + _GREY else None
    if numbers is None or numbers.ndim != 1 + _GREY or min(numbers.shape[1:]) < MIN_SIDE:
        return None
    return _scale(numbers, (1, 2))


def _depth(raw: bytes | Raw) -> int:
    brackets = _OPENING_BRACKETS.match(raw)
    return brackets[0].count(b"[") if brackets else 0


def _scale(numbers: Pixels, axes: tuple[int, ...]) -> Pixels | None:
    """Divide each picture, which spans `axes`, by its white; None if a number is out of range."""
    largest = numbers.max(axis=axes, keepdims=True)
    if numbers.min() < 0 or largest.max() > _MAX_VALUE:
        return None
    white: Pixels = np.where(largest > 1, np.float32(_MAX_VALUE), np.float32(1))
    return numbers / white


def _check_shape(shape: tuple[int, ...]) -> None:
    height, width, *channels = shape
    if min(height, width) < MIN_SIDE:
        raise _invalid(
            f"A picture must have at least {MIN_SIDE} × {MIN_SIDE} pixels; this one has {height} rows of {width}."
        )
    if channels and channels[0] not in _CHANNELS:
        raise _wrong_channels()


def _explain_irregular(raw: Raw) -> InvalidInput:
    depth = _depth(raw)
    if depth not in _LISTS:
        found = f"nested {depth} deep" if depth > _COLOURED else "a flat list" if depth else strict.kind(raw)
        return _invalid(f"A picture must be a list of rows, and a row a list of pixels; this is {found}.")
    try:
        rows = _LISTS[depth].decode(raw)
    except msgspec.ValidationError:
        return _invalid("Every pixel must be a number, or every pixel must be a list of 1, 3 or 4 numbers.")
    for index, row in enumerate(rows):
        if len(row) != len(rows[0]):
            return _invalid(
                f"All rows must have the same length; row {index} has {len(row)} pixels, and row 0 has {len(rows[0])}."
            )
    _check_shape((len(rows), len(rows[0])))
    if depth == _COLOURED and set(map(len, chain.from_iterable(rows))) - {len(rows[0][0]) or None}:
        return _wrong_channels()
    return _out_of_range()


def _wrong_channels() -> InvalidInput:
    return _invalid("Every pixel must have the same number of colour channels: 1, 3 or 4.")


def _out_of_range() -> InvalidInput:
    return _invalid("Every number must be between 0 and 255, or between 0 and 1.")


def _invalid(sentence: str) -> InvalidInput:
    return InvalidInput(sentence, "picture_pixels")
