import json
from typing import Any

import msgspec
import pytest

from server.errors import InvalidInput
from server.json.strict import decode, kind, refuse_repeated

ANYTHING = msgspec.json.Decoder()


def parsed(body: bytes) -> Any:
    document = decode(ANYTHING, body)
    refuse_repeated(body)
    return document


@pytest.mark.parametrize(
    "text", ['{"a": 1}', '[{"a": "x:\\"y\\":"}, {"a": 2}]', '{"a": {"b": [[1, 2]]}}', '{"\\u0061": ":", "b": {}}', "7"]
)
def test_values_pass_unchanged(text: str) -> None:
    assert parsed(text.encode()) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("{", "not valid JSON"),
        ('{"a": NaN}', "not valid JSON"),
        ("{'a': 1}", "not valid JSON"),
        ('{"a": 1} x', "not valid JSON"),
        ('{"a": "\udcff"}', "not valid JSON"),
        ('{"a": 1, "a": 1}', "same key twice"),
        ('{"a": 1, "\\u0061": 1}', "same key twice"),
        ('{"x": [{"a": 1}, {"a": 1, "a": 2}]}', "same key twice"),
        ('{"x": {"y": {"a": "\\":", "a": ""}}}', "same key twice"),
        ("[" * 100_000, "too deeply"),
        ('{"a":' * 100_000, "too deeply"),
        ('{"a":' * 600 + "1" + "}" * 600, None),
    ],
)
def test_what_could_be_misunderstood_is_refused(text: str, sentence: str | None) -> None:
    body = text.encode("utf-8", "surrogateescape")
    if sentence is None:
        parsed(body)
        return
    with pytest.raises(InvalidInput, match=sentence):
        parsed(body)


def test_another_type_is_left_to_the_caller_to_explain() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(msgspec.json.Decoder(list[int]), b'["1"]')


@pytest.mark.parametrize(
    ("text", "members"),
    [
        (b'{"a": 1, "b": [{"a": 2}]}', 3),
        (b'{"a": ":", "b": 2}', 2),  # more colons than members: looked at closely
        (b'{"a": 1, "b": 2}', 0),
    ],
)
def test_members_that_are_counted_right_or_low_are_no_repetition(text: bytes, members: int) -> None:
    refuse_repeated(text, members)


@pytest.mark.parametrize("text", [b'{"a": 1, "a" : 2}', b'{"a": 1, "\\u0061": ":"}', b'{"b": {"a": 1, "a": {}}}'])
def test_a_repetition_is_seen_however_it_is_written(text: bytes) -> None:
    decoded = json.loads(text)
    with pytest.raises(InvalidInput, match="same key twice"):
        refuse_repeated(text, len(decoded) + sum(len(value) for value in decoded.values() if isinstance(value, dict)))


@pytest.mark.parametrize("text", [b'{"a": [' * 1000 + b"1" + b"]}" * 1000, b'{"a:": "\xff"}', b'{"a:": ' + b"[" * 5000])
def test_what_one_pass_has_skipped_is_refused_too(text: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"too deeply|not valid"):
        refuse_repeated(text)


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
def test_a_value_has_a_kind(value: bytes, word: str) -> None:
    assert kind(value) == kind(msgspec.Raw(value)) == word
