"""Strategies for requests with faults in the body: in the JSON's structure, in binary tensors or in the text."""

import json
import struct
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from hypothesis import strategies as st

from tests.server.fuzz import documents, edges
from tests.server.fuzz.documents import Document, to_json
from tests.server.fuzz.request import JSON_LENGTH, Input, Request

MAX_STRETCHED_BYTES = 100_000  # beyond the server's limit on bodies, and not much further

Member = tuple[bytes, bytes]  # a key and a value as JSON text


def structure(kind: str, valid: st.SearchStrategy[Document]) -> st.SearchStrategy[Input]:
    """Return requests whose JSON has up to three faults."""

    @st.composite
    def inputs(draw: st.DrawFn) -> Input:
        document = draw(valid)
        return _input(kind, document.request(draw(faulty_json(document.json))))

    return inputs()


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


@st.composite
def binary(draw: st.DrawFn) -> Input:
    """Return V2 requests with wrong sizes, bytes, values or length of the JSON in binary tensors."""
    document = draw(documents.v2_binary())
    packed, text = document.binary, None
    parameters = draw(st.sampled_from(document.json["inputs"]))["parameters"]
    fault = draw(st.sampled_from(["structure", "size", "bytes", "value", "json length", "none"]))
    if fault == "structure":
        text = draw(faulty_json(document.json))
    elif fault == "size":
        size = parameters["binary_data_size"]
        near = st.sampled_from([-8, -4, -1, 1, 4, 8]).map(lambda step: to_json(size + step))
        # edges.SIZES holds JSON text, so the size is replaced in the text.
        parameters["binary_data_size"] = "HERE"
        text = to_json(document.json).replace(b'"HERE"', draw(near | st.sampled_from(edges.SIZES)))
    elif fault == "bytes":
        halves = [packed[:-1], packed + b"\0", packed[1:], packed * 2, packed[: len(packed) // 2]]
        packed = draw(st.sampled_from(halves))
    elif fault == "value":
        packed = draw(_replaced_value(packed))
    request = Document(document.target, document.json, packed).request(text)
    if fault == "json length":
        length = len(request.body) - len(packed)
        near_lengths = [b"%d" % (length + step) for step in (-1, 1, len(packed), len(packed) + 1)]
        request = request.with_headers((JSON_LENGTH, draw(st.sampled_from([*edges.JSON_LENGTHS, *near_lengths]))))
    return _input("V2 binary, bytes", request)


@st.composite
def _replaced_value(draw: st.DrawFn, packed: bytes) -> bytes:
    code, size = draw(st.sampled_from([("<f", 4), ("<d", 8)]))
    value = draw(st.sampled_from([float("nan"), float("inf"), float("-inf"), 0.0, -0.0, 1e-45, 3.4e38, -1.0]))
    start = size * draw(st.integers(0, max(len(packed) - 1, 0) // size))
    before = draw(st.sampled_from([packed[:start] + struct.pack(code, value), None]))
    return (draw(st.binary(min_size=start, max_size=start)) if before is None else before) + packed[start + size :]


@st.composite
def text(draw: st.DrawFn) -> Input:
    """Return requests of any protocol with a body that is cut, altered or in another encoding."""
    document = draw(
        st.one_of(
            documents.predict(), documents.predict_batch(), documents.v1(), documents.v2_json(), documents.v2_binary()
        )
    )
    valid = to_json(document.json)
    faulty = draw(st.one_of(_cut(valid), _spliced(valid), _flipped(valid), _surrounded(valid), _encoded(valid)))
    return _input("text", document.request(faulty))


def damaged(written: bytes) -> st.SearchStrategy[bytes]:
    """Return bytes that are cut, or altered in a place or a few."""
    return st.one_of(_cut(written), _spliced(written), _flipped(written))


def _cut(written: bytes) -> st.SearchStrategy[bytes]:
    return st.integers(0, len(written) - 1).map(lambda end: written[:end])


@st.composite
def _spliced(draw: st.DrawFn, written: bytes) -> bytes:
    start = draw(st.integers(0, len(written) - 1))
    return written[:start] + draw(st.sampled_from(_SCRAPS)) + written[start + draw(st.integers(0, 2)) :]


@st.composite
def _flipped(draw: st.DrawFn, written: bytes) -> bytes:
    changed = bytearray(written)
    for _ in range(draw(st.integers(1, 4))):
        changed[draw(st.integers(0, len(written) - 1))] = draw(st.integers(0, 255))
    return bytes(changed)


def _surrounded(written: bytes) -> st.SearchStrategy[bytes]:
    return st.sampled_from(_SURROUNDINGS).map(lambda around: around[0] + written + around[1])


def _encoded(written: bytes) -> st.SearchStrategy[bytes]:
    codecs = ("utf-8-sig", "utf-16", "utf-16-le", "utf-32", "utf-7", "cp037")
    return st.sampled_from(codecs).map(written.decode().encode)


def _input(kind: str, request: Request) -> Input:
    framed = request.framed()
    return Input(kind, framed.wire(), (framed,), kept=True)


# fmt: off
_SCRAPS = (
    b",", b":", b'"', b"{", b"}", b"[", b"]", b"\\", b"\0", b"\xff",
    b"//", b"/**/", b"NaN", b"null", b"-", b"e9", b" ",
)
_SURROUNDINGS = (
    (b" \t\r\n", b"\n"), (b"\xef\xbb\xbf", b""), (b"", b"x"), (b"", b"\0"), (b"", b",{}"), (b"[", b"]"),
    (b"\x0c", b""), (b"", b"\n" + b'{"x":1,"y":1}'), (b")]}',\n", b""), (b"callback(", b")"), (b"", b" " * 5000),
    (b"\x1f\x8b", b""),
)
# fmt: on

BODIES: dict[str, st.SearchStrategy[Input]] = {
    "predict": structure("predict", documents.predict()),
    "batch": structure("batch", documents.predict_batch()),
    "V1": structure("V1", documents.v1()),
    "V2 JSON": structure("V2 JSON", documents.v2_json()),
    "V2 binary, structure": structure("V2 binary, structure", documents.v2_binary()),
    "V2 binary, bytes": binary(),
    "text": text(),
}
