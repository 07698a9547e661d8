"""Strategies for requests with faults in the body: in the JSON's structure, in binary tensors or in the text."""

import struct

from hypothesis import strategies as st

from tests.server.fuzz import documents, edges
from tests.server.fuzz.documents import Document, to_json
from tests.server.fuzz.json_faults import faulty_json
from tests.server.fuzz.request import JSON_LENGTH, Input, Request


def structure(kind: str, valid: st.SearchStrategy[Document]) -> st.SearchStrategy[Input]:
    """Return requests whose JSON has up to three faults."""

    @st.composite
    def inputs(draw: st.DrawFn) -> Input:
        document = draw(valid)
        return _input(kind, document.request(draw(faulty_json(document.json))))

    return inputs()


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
    """Return bytes that are cut short, or changed in one or a few places."""
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
