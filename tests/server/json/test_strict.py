import json
from codecs import BOM_UTF8
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import UNSET, Raw, Struct, UnsetType

from server.errors import InvalidReason
from server.json import strict
from server.json.strict import count_keys, decode, decode_part, kind, refuse_duplicate_keys
from tests.server.refusal import refusal

ANYTHING = msgspec.json.Decoder()


@pytest.mark.parametrize(
    "text", ['{"a": 1}', '[{"a": "x:\\"y\\":"}, {"a": 2}]', '{"a": {"b": [[1, 2]]}}', '{"\\u0061": ":", "b": {}}', "7"]
)
def test_valid_json_is_decoded(text: str) -> None:
    assert decode(ANYTHING, text.encode()) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty_body"),
        (" \n", "empty_body"),
        ("{", "invalid_json"),
        ('{"a": NaN}', "invalid_json"),
        ("{'a': 1}", "invalid_json"),
        ('{"a": 1} x', "invalid_json"),
        ('{"a": "\udcff"}', "invalid_json"),
        ('{"a": 1, "a": 1}', "duplicate_key"),
        ('{"a": 1, "\\u0061": 1}', "duplicate_key"),
        ('{"x": [{"a": 1}, {"a": 1, "a": 2}]}', "duplicate_key"),
        ('{"x": {"y": {"a": "\\":", "a": ""}}}', "duplicate_key"),
        ("[" * 100_000, "too_deep"),
        ('{"a":' * 100_000, "too_deep"),
        ('{"a":' * 600 + "1" + "}" * 600, None),
    ],
)
def test_ambiguous_or_broken_json_is_refused(text: str, reason: InvalidReason | None) -> None:
    body = text.encode("utf-8", "surrogateescape")
    if reason is None:
        decode(ANYTHING, body)
    else:
        assert refusal(decode, ANYTHING, body).reason == reason


@pytest.mark.parametrize("text", ['{"a": 1}', '{"a": ":::"}', "[]"])
def test_a_byte_order_mark_is_skipped(text: str) -> None:
    assert decode(ANYTHING, text.encode("utf-8-sig")) == json.loads(text)
    assert bytes(decode_part(msgspec.json.Decoder(Raw), text.encode("utf-8-sig"))) == text.encode()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (BOM_UTF8, "empty_body"),
        (BOM_UTF8 + b" ", "empty_body"),
        (BOM_UTF8 * 2 + b"{}", "invalid_json"),
        (b" " + BOM_UTF8 + b"{}", "invalid_json"),
        (BOM_UTF8 + b'{"a": 1, "a": 2}', "duplicate_key"),
    ],
)
def test_what_follows_a_byte_order_mark_is_read_as_strictly(body: bytes, reason: InvalidReason) -> None:
    assert refusal(decode, ANYTHING, body).reason == reason


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        *((encoding, "UTF-16") for encoding in ("utf-16", "utf-16-le", "utf-16-be")),
        *((encoding, "UTF-32") for encoding in ("utf-32", "utf-32-le", "utf-32-be")),
        ("latin-1", "not UTF-8"),
    ],
)
def test_another_encoding_is_named(encoding: str, name: str) -> None:
    refused = refusal(decode, ANYTHING, '{"colour": "grün"}'.encode(encoding))
    assert refused.reason == "invalid_json"
    assert name in refused.sentence


def test_json_of_another_type_raises_a_validation_error() -> None:
    for function in (decode, decode_part):
        with pytest.raises(msgspec.ValidationError):
            function(msgspec.json.Decoder(list[int]), b'["1"]')


@pytest.mark.parametrize(
    ("text", "reason"), [(b"[1,", "invalid_json"), (b"[[", "invalid_json"), (b"[" * 10**5, "too_deep")]
)
def test_broken_json_of_another_type_is_refused_as_broken(text: bytes, reason: str) -> None:
    assert refusal(decode, msgspec.json.Decoder(dict[str, int]), text).reason == reason


def test_a_part_is_decoded_without_a_look_at_duplicate_keys() -> None:
    assert decode_part(ANYTHING, b'{"a": 1, "a": 2}') == {"a": 2}
    assert refusal(decode_part, ANYTHING, b"{").reason == "invalid_json"


@pytest.mark.parametrize("text", [b'{"a": [' * 1000 + b"1" + b"]}" * 1000, b'{"a:": "\xff"}', b'{"a:": ' + b"[" * 5000])
def test_the_second_parse_refuses_what_msgspec_skips_unread(text: bytes) -> None:
    assert refusal(refuse_duplicate_keys, text).reason in ("too_deep", "invalid_json")


class Inner(Struct):
    a: int
    b: str | UnsetType = UNSET


class Positional(Struct, array_like=True):
    inner: Inner


class Outer(Struct):
    a: Inner
    b: list[Inner | int] | UnsetType | None = UNSET
    c: Inner | UnsetType | None = UNSET
    d: float | None = None  # nothing tells whether null was sent
    e: Raw | UnsetType = UNSET
    f: dict[str, Inner] | UnsetType = UNSET
    g: tuple[Inner, ...] | UnsetType = UNSET
    h: Literal["x", "y"] | UnsetType = UNSET
    i: Positional | UnsetType = UNSET


DECODERS = [msgspec.json.Decoder(type_) for type_ in (Inner, Outer, list[Inner], list[Outer | int], Raw, object)]

_LEAVES = st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["x", "y", ":", '"a":', "é"])
_KEYS = st.sampled_from("abcdefghz:")


def _listed(items: list[str]) -> str:
    return "[" + ",".join(items) + "]"


def _written(members: list[tuple[str, str]]) -> str:
    return "{" + ", ".join(f"{json.dumps(key)} : {value}" for key, value in members) + "}"


def _of_the_types() -> st.SearchStrategy[str]:
    """JSON text that mostly has the form of the types above, with keys repeated at any place."""
    whole = st.integers(-9, 9).map(str)
    text = st.sampled_from(['"x"', '":"', '"y"'])
    anything = st.recursive(
        _LEAVES.map(json.dumps),
        lambda inner: (
            st.lists(inner, max_size=3).map(_listed) | st.lists(st.tuples(_KEYS, inner), max_size=3).map(_written)
        ),
        max_leaves=6,
    )

    def record(
        required: tuple[str, st.SearchStrategy[str]], *others: tuple[str, st.SearchStrategy[str]]
    ) -> st.SearchStrategy[str]:
        def member(field: tuple[str, st.SearchStrategy[str]]) -> st.SearchStrategy[tuple[str, str]]:
            return st.tuples(st.just(field[0]), field[1])

        more = st.one_of(*map(member, (*others, required)), st.tuples(_KEYS, anything))
        few = st.lists(st.one_of(*map(member, others)), max_size=4, unique_by=lambda pair: pair[0])
        rest = few | st.lists(more, max_size=4)
        return st.tuples(member(required), rest).map(lambda pair: _written([*pair[1], pair[0]]))

    inner = record(("a", whole), ("b", text))
    outer = record(
        ("a", inner),
        ("b", st.just("null") | st.lists(inner | whole).map(_listed)),
        ("c", st.just("null") | inner),
        ("d", st.sampled_from(["null", "1.5"])),
        ("e", anything),
        ("f", st.lists(st.tuples(_KEYS, inner), max_size=2).map(_written)),
        ("g", st.lists(inner, max_size=3).map(_listed)),
        ("h", text),
        ("i", inner.map(lambda value: _listed([value]))),
    )
    return inner | outer | st.lists(inner).map(_listed) | st.lists(outer | whole, max_size=3).map(_listed) | anything


def _keys(text: str) -> tuple[int, bool]:
    """Return how many keys all objects have, each counted once, and whether one object has a key twice."""
    objects: list[list[str]] = []

    def remember(pairs: list[tuple[str, Any]]) -> None:
        objects.append([key for key, _ in pairs])

    json.loads(text, object_pairs_hook=remember)
    return sum(len(set(keys)) for keys in objects), any(len(set(keys)) < len(keys) for keys in objects)


@settings(deadline=None)
@given(_of_the_types())
@example('{"a": {"a": 1}, "b": [{"a": 1}, [{"a": 1}], 2], "d": null, "d": null}')
@example('{"a": {"a": 1}, "c": null, "c": null}')
@example('[{"a": 1}, {"a": 2, "b": "x", "b": "x"}]')
def test_duplicate_keys_are_refused_wherever_they_are_and_nothing_else_is(text: str) -> None:
    distinct, duplicate = _keys(text)
    for decoder in DECODERS:
        try:
            value = decode_part(decoder, text.encode())
        except msgspec.ValidationError:
            continue
        assert count_keys(value) <= distinct
        if duplicate:
            assert refusal(decode, decoder, text.encode()).reason == "duplicate_key"
        else:
            decode(decoder, text.encode())


@pytest.mark.parametrize(
    ("type_", "text", "keys"),
    [
        (Inner, '{"a": 1}', 1),
        (Inner, '{"a": 1, "b": "x"}', 2),
        (list[Inner], '[{"a": 1}, {"a": 2, "b": "x"}]', 3),
        (Outer, '{"a": {"a": 1}, "b": [{"a": 1}, 7, {"a": 1, "b": "x"}], "c": {"a": 1}, "e": 1, "h": "x"}', 10),
        (Outer, '{"a": {"a": 1}, "b": null, "c": null}', 4),
    ],
)
def test_the_usual_request_is_parsed_only_once(
    type_: Any, text: str, keys: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strict, "refuse_duplicate_keys", lambda _body: pytest.fail("parsed twice"))
    assert count_keys(decode(msgspec.json.Decoder(type_), text.encode())) == keys


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (b"{}", "an object"),
        (b"[1]", "a list"),
        (b'"1"', "a string"),
        (b"true", "a boolean"),
        (b"false", "a boolean"),
        (b"null", "null"),
        (b"-1", "a number"),
        (b"2.5", "a number"),
    ],
)
def test_a_json_value_is_named_by_its_type(value: bytes, word: str) -> None:
    assert kind(value) == kind(msgspec.Raw(value)) == word
