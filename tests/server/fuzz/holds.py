"""What must hold of everything that the server says, and of what it says to each input."""

import json
import re
from collections.abc import Mapping
from typing import Any

from tests.server.fuzz import right
from tests.server.fuzz.answer import Answer
from tests.server.fuzz.edges import MARK
from tests.server.fuzz.heads import PATHS
from tests.server.fuzz.paper import Refused, Unclear, alike
from tests.server.fuzz.request import Input, Request, Then
from tests.server.fuzz.right_v2 import as_json
from tests.server.fuzz.sending import Heard

OK, DEADLINE_PASSED = 200, 504

ROW = 64
"""Bytes that the answer of one row may take, however short the row was."""

_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_PATHS = {path.decode() for path in PATHS}
_INSIDE = re.compile(
    r"traceback|line \d|0x|error|exception|site-packages|[a-z_]\.[a-z_]|::|"
    "msgspec|numpy|onnx|uvicorn|httptools|llhttp|asyncio|uvloop|fastapi|starlette|pydantic|python"
)


def check(sent: Input, heard: Heard, documents: Mapping[bytes, bytes]) -> None:
    """documents: what each path answers to GET. Raises AssertionError."""
    assert not heard.fault, heard.fault
    for answer in heard.answers:
        _check_any(sent, answer)
    for request, answer in zip(sent.requests, heard.answers, strict=False):
        _check_one(request, answer, documents)
    _check_number(sent, heard)


def _check_any(sent: Input, answer: Answer) -> None:
    refused = 400 <= answer.status < 500 or (answer.status == DEADLINE_PASSED and right.DEADLINE in sent.wire.lower())
    assert refused or answer.status == OK, answer
    assert _ID.fullmatch(answer.headers.get(b"x-request-id", b"")), answer
    if refused and answer.body:
        assert len(answer.body) <= 2 * len(sent.wire) + 1024
        assert answer.headers[b"content-type"] == b"application/json", answer
        check_refusal(json.loads(answer.body))


def check_refusal(said: Any) -> None:
    assert list(said) == ["error", "reason"], said
    sentence = said["error"]
    assert re.fullmatch(r"\S.*\.", sentence), said
    assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", said["reason"]), said
    assert sentence.isprintable(), said
    assert MARK not in sentence.lower(), said
    assert set(re.findall(r"(?<!\w)/[\w/]*", sentence)) <= _PATHS, said
    assert not _INSIDE.search(sentence.lower()), said


def _check_one(request: Request, answer: Answer, documents: Mapping[bytes, bytes]) -> None:
    given = request.header(b"x-request-id")
    if len(given) == 1 and _ID.fullmatch(given[0]):
        assert answer.headers[b"x-request-id"] == given[0], answer
    if request.method in (b"GET", b"HEAD"):
        _check_document(request, answer, documents)
    else:
        _check_prediction(request, answer)


def _check_document(request: Request, answer: Answer, documents: Mapping[bytes, bytes]) -> None:
    path = right.path(request)
    if answer.status != OK:
        assert path not in documents or request.method == b"HEAD" or not right.certain(request), answer
    elif request.method == b"GET" and path != b"/metrics":
        assert answer.body == documents[path], answer


def _check_prediction(request: Request, answer: Answer) -> None:
    try:
        expected = right.answer(request)
    except Refused:
        assert answer.status != OK, answer
    except Unclear:
        pass
    else:
        if answer.status == OK:
            given = as_json(answer.body, answer.headers)
            if expected.get("id", "given") is None:
                expected["id"] = str(given["id"]) or "any but this"
            assert alike(expected, given), (expected, answer)
            assert len(answer.body) <= 2 * len(request.wire()) + 1024 + ROW * _rows(expected), answer
        else:
            assert not right.certain(request), (expected, answer)


def _check_number(sent: Input, heard: Heard) -> None:
    answers = heard.answers
    if answers and answers[-1].last and len(answers) <= len(sent.requests):
        return  # the server renews a connection now and then, and says so
    if sent.then is Then.PERHAPS_REFUSAL:
        assert all(answer.status != OK for answer in answers), heard
    elif sent.then is not Then.ANYTHING:
        assert len(answers) == len(sent.requests) + (sent.then is Then.REFUSAL), heard
    if sent.then is Then.REFUSAL:
        assert answers[-1].status == sent.status, heard
        assert answers[-1].last, heard


def _rows(expected: dict[str, Any]) -> int:
    outputs = expected.get("outputs") or [{"shape": [len(expected.get("predictions", [0]))]}]
    rows: int = outputs[0]["shape"][0]
    return rows
