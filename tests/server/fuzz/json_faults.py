"""Strategies for JSON with faults in its structure: types, keys, values, nesting, and the fields of V2 tensors."""

import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from hypothesis import strategies as st

from tests.server.fuzz import edges
from tests.server.fuzz.documents import to_json

MAX_STRETCHED_BYTES = 100_000  # beyond the server's limit on bodies, and not much further

Member = tuple[bytes, bytes]  # a key and a value as JSON text


@st.composite
def faulty_json(draw: st.DrawFn, value: Any) -> bytes:
    """Return a value as JSON text with up to three faults, most often one."""
    nodes = sum(1 for _ in _nodes(value))
    faults = draw(st.sampled_from([0, 1, 1, 1, 2, 3]))
    faulty = {draw(st.integers(0, nodes - 1)) for _ in range(faults)}
    return _write(draw, "", value, count(), faulty)


def _nodes(value: Any) -> Iterator[Any]:
    yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _nodes(child)


def _write(draw: st.DrawFn, key: str, value: Any, numbers: Iterator[int], faulty: set[int]) -> bytes:
    """Write a value and what it contains. Nodes are numbered from the outside in; those in `faulty` get a fault."""
    broken = next(numbers) in faulty
    if isinstance(value, dict):
        members = [(to_json(name), _write(draw, name, member, numbers, faulty)) for name, member in value.items()]
        return draw(_broken_object(members)) if broken else _object(members)
    if isinstance(value, list):
        elements = [_write(draw, "", element, numbers, faulty) for element in value]
        if broken and key in edges.FIELDS and draw(st.booleans()):
            return draw(st.sampled_from(edges.FIELDS[key]))
        return draw(_broken_list(elements)) if broken else _list(elements)
    return draw(_broken_scalar(key, value)) if broken else to_json(value)


def _object(members: list[Member]) -> bytes:
    return b"{" + b",".join(key + b":" + value for key, value in members) + b"}"


def _list(elements: list[bytes]) -> bytes:
    return b"[" + b",".join(elements) + b"]"


@st.composite
def _broken_object(draw: st.DrawFn, members: list[Member]) -> bytes:
    faults: list[Callable[[st.DrawFn, list[Member]], list[Member]]] = [_add]
    if members:
        faults += [_drop, _duplicate, _rename, _shuffle]
    fault = draw(st.sampled_from([*faults, None]))
    return draw(_other_value(_object(members))) if fault is None else _object(fault(draw, members))


def _add(draw: st.DrawFn, members: list[Member]) -> list[Member]:
    place = draw(st.integers(0, len(members)))
    return [*members[:place], (draw(st.sampled_from(edges.NAMES)), draw(ODD_VALUES)), *members[place:]]


def _drop(draw: st.DrawFn, members: list[Member]) -> list[Member]:
    place = draw(st.integers(0, len(members) - 1))
    return [*members[:place], *members[place + 1 :]]


def _duplicate(draw: st.DrawFn, members: list[Member]) -> list[Member]:
    """Write a member twice, the second time perhaps with an escape in its key or with another value."""
    key, value = draw(st.sampled_from(members))
    name = json.loads(key)
    escaped = b'"\\u%04x%b"' % (ord(name[0]), name[1:].encode()) if name else key
    again = (draw(st.sampled_from([key, escaped])), draw(st.sampled_from([value, b"7"])))
    place = draw(st.integers(0, len(members)))
    return [*members[:place], again, *members[place:]]


def _rename(draw: st.DrawFn, members: list[Member]) -> list[Member]:
    place = draw(st.integers(0, len(members) - 1))
    return [*members[:place], (draw(st.sampled_from(edges.NAMES)), members[place][1]), *members[place + 1 :]]


def _shuffle(draw: st.DrawFn, members: list[Member]) -> list[Member]:
    return draw(st.permutations(members))


@st.composite
def _broken_list(draw: st.DrawFn, elements: list[bytes]) -> bytes:
    fault = draw(st.sampled_from(["stretch", "stretch", "shuffle", "replace"] if elements else ["replace"]))
    if fault == "shuffle":
        return _list(draw(st.permutations(elements)))
    if fault == "replace":
        return draw(_other_value(_list(elements)))
    place = draw(st.integers(0, len(elements) - 1))
    most = MAX_STRETCHED_BYTES // (len(elements[place]) + 1)
    copies = min(draw(st.sampled_from([0, 2, 3, 10, 100, 1500])), most)
    return _list([*elements[:place], *[elements[place]] * copies, *elements[place + 1 :]])


@st.composite
def _broken_scalar(draw: st.DrawFn, key: str, value: Any) -> bytes:
    pools = [edges.STRINGS if isinstance(value, str) else edges.NUMBERS]
    if key in edges.FIELDS:
        pools += [edges.FIELDS[key]] * 2
    same_type = st.sampled_from(pools).flatmap(st.sampled_from)
    return draw(st.one_of(same_type, same_type, _other_value(to_json(value))))


ODD_VALUES = st.sampled_from([edges.NUMBERS, edges.STRINGS, edges.OTHERS]).flatmap(st.sampled_from)


def _other_value(text: bytes) -> st.SearchStrategy[bytes]:
    """Return values of any type, or the value itself inside other values."""
    return ODD_VALUES | _nested(text)


@st.composite
def _nested(draw: st.DrawFn, text: bytes) -> bytes:
    opening, closing = draw(st.sampled_from([(b"[", b"]"), (b'{"x":', b"}"), (b'{"instances":[', b"]}")]))
    depth = draw(st.sampled_from([1, 2, 3, 40, 900, 1100, 3000]))
    return opening * depth + text + closing * (depth - draw(st.sampled_from([0, 0, 1])))
