"""JSON that may be wrong: objects with a key twice, and texts that are no JSON at all."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Text:
    """Written as it stands: a number of any length, a string with any escape, or nonsense."""

    written: bytes


class Members(list[list[Any]]):
    """An object as its [key, value] pairs, in the order in which they are written."""


Slot = tuple[list[Any], int]
"""Where a value stands: an index of a list, or of a pair."""


def tree(value: Any) -> Any:
    """The same value with Members for its objects."""
    if isinstance(value, dict):
        return Members([key, tree(member)] for key, member in value.items())
    return [tree(element) for element in value] if isinstance(value, list) else value


def encode(value: Any) -> bytes:
    if isinstance(value, Text):
        return value.written
    if isinstance(value, Members):
        return b"{" + b",".join(encode(key) + b":" + encode(member) for key, member in value) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(map(encode, value)) + b"]"
    return json.dumps(value, ensure_ascii=False).encode()


def slots(value: Any) -> Iterator[Slot]:
    """Every place below this value, keys left out."""
    if isinstance(value, Members):
        for pair in value:
            yield pair, 1
            yield from slots(pair[1])
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield value, index
            yield from slots(element)
