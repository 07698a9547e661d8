"""Parse JSON with the standard library, and refuse what two parsers could understand differently."""

import json
import math
from typing import Any

from tests.server.fuzz.models import Refused, Unclear

# Beyond these a parser may refuse: levels of nesting, and digits of an integer.
DEEP = 200
LONG = 4000


def parse(body: bytes) -> Any:
    """Return the value; a number out of range is infinite. Raises Refused or Unclear."""
    try:
        return json.loads(body.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_none, parse_int=_int)
    except RecursionError:
        raise Unclear from None
    except ValueError:
        raise Refused from None


def check_ignored(value: Any, depth: int = 0) -> None:
    """Raise Unclear if a parser may refuse this value even though it ignores it."""
    if type(value) is dict:
        for name, member in value.items():
            check_ignored(name, depth)
            check_ignored(member, depth + 1)
    elif type(value) is list:
        for element in value:
            check_ignored(element, depth + 1)
    if depth > DEEP or value in (math.inf, -math.inf) or (type(value) is str and not encodable(value)):
        raise Unclear


def encodable(text: str) -> bool:
    """Return whether the text has no lone surrogate."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise Refused
    return members


def _none(_name: str) -> Any:
    raise Refused


def _int(written: str) -> float:
    return int(written) if len(written) < LONG else math.inf
