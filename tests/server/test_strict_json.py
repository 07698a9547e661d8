import pytest

from server.errors import BadInput
from server.strict_json import parse


@pytest.mark.parametrize(
    "text", ['{"a": 1}', '[{"a": "x:\\"y\\":"}, {"a": 2}]', '{"a": {"b": [[1, 2]]}}', '{"\\u0061": ":", "b": {}}', "7"]
)
def test_values_pass_unchanged(text: str) -> None:
    import json

    assert parse(text.encode()) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("{", "not valid JSON"),
        ('{"a": NaN}', "not valid JSON"),
        ('{"a": 1e999}', "not valid JSON"),
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
        parse(body)
        return
    with pytest.raises(BadInput, match=sentence):
        parse(body)
