"""bytes → JSON values, refusing what two readers could understand differently."""

import json
from typing import TypeVar

import msgspec

from server.errors import InvalidInput

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for JSON that is broken, too deep, or not of the type asked for."""

T = TypeVar("T")

_KINDS = {
    b"{": "an object",
    b"[": "a list",
    b'"': "a string",
    b"t": "a boolean",
    b"f": "a boolean",
    b"n": "null",
}


def decode(decoder: msgspec.json.Decoder[T], body: bytes | msgspec.Raw) -> T:
    """One JSON document of the decoder's type; repeated keys are not seen.

    Raises InvalidInput when it is empty, broken or too deep, msgspec.ValidationError when it is of another type.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError:
        raise
    except RecursionError as error:
        raise _too_deep() from error
    except UNREADABLE as error:
        raise _broken() if bytes(body).strip() else InvalidInput("The body is empty; send a JSON object.") from error


def refuse_repeated(body: bytes, members: int = 0) -> None:
    """Refuse a JSON document that has a key twice in one object. Raises InvalidInput.

    members: how many there are at the least, in all its objects, each key counted once.
    """
    # Each is written with a colon: where there are no more colons than members, none is a second one.
    if body.count(b":") <= members:
        return
    try:
        # Numbers cost least as booleans; nobody looks at them.
        json.loads(body.decode(), object_pairs_hook=_refuse_repeated, parse_int=bool, parse_float=bool)
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:
        raise _broken() from error


def kind(value: bytes | msgspec.Raw) -> str:
    """The type of a JSON value, in words."""
    return _KINDS.get(bytes(memoryview(value)[:1]), "a number")


def _refuse_repeated(pairs: list[tuple[str, object]]) -> None:
    if len({key for key, _ in pairs}) != len(pairs):
        raise InvalidInput("The JSON has the same key twice in one object; send each field once.")


def _broken() -> InvalidInput:
    return InvalidInput(
        "The body is not valid JSON: check quotes, commas and brackets, and that no number is NaN or Infinity."
    )


def _too_deep() -> InvalidInput:
    return InvalidInput("The JSON is nested too deeply; send a flat object or a list of rows.")
