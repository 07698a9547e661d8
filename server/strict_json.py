"""bytes → JSON values, refusing what two readers could understand differently."""

import json
import re
from typing import Any

import msgspec

from server.errors import BadInput

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?')


def parse(body: bytes) -> Any:
    """Decode one JSON document. Raises BadInput when it is empty, broken, too deep, or repeats a key."""
    if not body.strip():
        raise BadInput("The body is empty; send a JSON object.")
    try:
        document = msgspec.json.decode(body)
        keys_written = sum(1 for colon in _STRING.findall(body) if colon)
        if keys_written != _members(document):
            json.loads(body, object_pairs_hook=_refuse_repeated)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(
            "The body is not valid JSON: check quotes, commas and brackets, and that no number is NaN or Infinity."
        ) from error
    except RecursionError as error:
        raise BadInput("The JSON is nested too deeply; send a flat object or a list of rows.") from error
    return document


def kind(value: object) -> str:
    """A JSON value's type in words."""
    names = {
        dict: "an object",
        list: "a list",
        str: "a string",
        bool: "a boolean",
        int: "a number",
        float: "a number",
    }
    return names.get(type(value), "null")


def _members(value: object) -> int:
    """How many object members the document has; lists of plain values are told by their first element."""
    if type(value) is dict:
        return len(value) + sum(map(_members, value.values()))
    if type(value) is list and value and type(value[0]) in (dict, list):
        return sum(map(_members, value))
    return 0


def _refuse_repeated(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise BadInput("The JSON has the same key twice in one object; send each field once.")
    return members
