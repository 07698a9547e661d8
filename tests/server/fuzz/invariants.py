"""What must hold for every answer of the server, and for the answers to each input."""

import json
import re
from collections.abc import Mapping
from typing import Any

from tests.server.fuzz import oracle
from tests.server.fuzz.answer import Answer
from tests.server.fuzz.client import Received
from tests.server.fuzz.edges import MARK
from tests.server.fuzz.heads import PATHS
from tests.server.fuzz.models import Refused, Unclear, alike
from tests.server.fuzz.oracle_v2 import as_json
from tests.server.fuzz.request import Input, Request, Then

OK, DEADLINE_PASSED = 200, 504

ROW = 160  # bytes that the answer to one row may take, however short the row was

_ID = re.compile(rb"[!#-\[\]-~]{1,64}")
_PATHS = {path.decode() for path in PATHS}
_USE = re.compile(r"Use (/\S*)\.")
_INSIDE = re.compile(
    r"traceback|line \d|0x|error|exception|site-packages|[a-z_]\.[a-z_]|::|"
    "msgspec|numpy|onnx|uvicorn|httptools|llhttp|asyncio|uvloop|fastapi|starlette|pydantic|python"
)


def check(sent: Input, received: Received, documents: Mapping[bytes, bytes]) -> None:
    """Raise AssertionError if an answer is wrong. `documents` holds what each path answers to a GET."""
    assert not received.fault, received.fault
    for answer in received.answers:
        _check_any(sent, answer)
    for request, answer in zip(sent.requests, received.answers, strict=False):
        _check_one(request, answer, documents)
    _check_number(sent, received)


def _check_any(sent: Input, answer: Answer) -> None:
    refused = 400 <= answer.status < 500 or (answer.status == DEADLINE_PASSED and oracle.DEADLINE in sent.wire.lower())
    assert refused or answer.status == OK, answer
    assert _ID.fullmatch(answer.headers.get(b"x-request-id", b"")), answer
    if refused and answer.body:
        assert len(answer.body) <= 2 * len(sent.wire) + 1024
        assert answer.headers[b"content-type"] == b"application/json", answer
        check_refusal(json.loads(answer.body))


def check_refusal(refusal: Any) -> None:
    assert list(refusal) == ["error", "reason"], refusal
    sentence = refusal["error"]
    assert re.fullmatch(r"\S.*\.", sentence), refusal
    assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", refusal["reason"]), refusal
    assert sentence.isprintable(), refusal
    assert MARK not in sentence.lower(), refusal
    told = _USE.sub(lambda use: "" if use[1] in _PATHS else use[0], sentence)
    assert set(re.findall(r"(?<!\w)/[\w/]*", told)) <= _PATHS, refusal
    assert not _INSIDE.search(told.lower()), refusal


def _check_one(request: Request, answer: Answer, documents: Mapping[bytes, bytes]) -> None:
    given = request.header(b"x-request-id")
    if len(given) == 1 and _ID.fullmatch(given[0]):
        assert answer.headers[b"x-request-id"] == given[0], answer
    assert answer.headers.get(b"traceparent", b"") in (b"", *request.header(b"traceparent")), answer
    if request.method in (b"GET", b"HEAD"):
        _check_document(request, answer, documents)
    else:
        _check_prediction(request, answer)


def _check_document(request: Request, answer: Answer, documents: Mapping[bytes, bytes]) -> None:
    path = oracle.path(request)
    if answer.status != OK:
        assert path not in documents or not oracle.certain(request), answer
    elif request.method == b"GET" and path != b"/metrics":
        coding = answer.headers.get(b"content-encoding", b"")
        assert not coding or request.header(b"accept-encoding"), answer
        assert oracle.expanded(answer.body, coding) == documents[path], answer


def _check_prediction(request: Request, answer: Answer) -> None:
    try:
        expected = oracle.answer(request)
    except Refused:
        assert answer.status != OK, answer
    except Unclear:
        pass
    else:
        if answer.status == OK:
            body = oracle.expanded(answer.body, answer.headers.get(b"content-encoding", b""))
            given = as_json(body, answer.headers)
            if expected.get("id", "given") is None:
                expected["id"] = str(given["id"]) or "any but this"
            assert alike(expected, given), (expected, answer)
            asked = oracle.expanded(request.body, *request.header(b"content-encoding"))
            assert len(body) <= 2 * (len(request.head()) + len(asked)) + 1024 + ROW * _rows(expected), answer
        else:
            assert not oracle.certain(request), (expected, answer)


def _check_number(sent: Input, received: Received) -> None:
    answers = received.answers
    if answers and answers[-1].last and len(answers) <= len(sent.requests):
        return  # the server closes a connection after a number of requests, and says so
    if sent.then is Then.PERHAPS_REFUSAL:
        assert all(answer.status != OK for answer in answers), received
    elif sent.then is not Then.ANYTHING:
        assert len(answers) == len(sent.requests) + (sent.then is Then.REFUSAL), received
    if sent.then is Then.REFUSAL:
        assert answers[-1].status == sent.status, received
        assert answers[-1].last, received


def _rows(expected: dict[str, Any]) -> int:
    outputs = expected.get("outputs") or [{"shape": [len(expected.get("predictions", [0]))]}]
    rows: int = outputs[0]["shape"][0]
    return rows
