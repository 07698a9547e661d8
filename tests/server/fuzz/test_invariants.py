"""Each invariant is broken once, and the check must fail."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.server.fuzz.answer import Answer
from tests.server.fuzz.campaign import CONTROL, ROW
from tests.server.fuzz.client import Received
from tests.server.fuzz.edges import MARK
from tests.server.fuzz.invariants import check
from tests.server.fuzz.request import Input, Request, Then

DOCUMENTS = {b"/health": b'{"status":"ok"}'}
HEALTH = Request(b"/health", method=b"GET").framed()
REFUSED = replace(CONTROL, requests=(), then=Then.REFUSAL, status=400)


def answer(status: int, document: Any, **headers: str) -> Answer:
    some = {"content-type": "application/json", "x-request-id": "a1", **headers}
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Answer(status, {name.encode(): value.encode() for name, value in some.items()}, body)


RIGHT = answer(200, {"label": "high", "prediction": 1, "probability": 0.8807971})
REFUSAL = answer(400, {"error": "Send it as /docs says.", "reason": "structure"}, connection="close")


def check_answers(sent: Input, *answers: Answer, **received: Any) -> None:
    check(sent, Received(list(answers), **received), DOCUMENTS)


def test_correct_answers_pass() -> None:
    check_answers(CONTROL, RIGHT)
    check_answers(REFUSED, REFUSAL)
    check_answers(Input("document", HEALTH.wire(), (HEALTH,)), answer(200, DOCUMENTS[b"/health"]))
    check_answers(
        replace(CONTROL, requests=(ROW, ROW)), replace(RIGHT, headers={**RIGHT.headers, b"connection": b"close"})
    )


@pytest.mark.parametrize(
    "answer",
    [
        answer(500, {"error": "The server failed.", "reason": "structure"}),
        answer(503, {"error": "Too much waits.", "reason": "structure"}),
        answer(504, {"error": "Too late.", "reason": "structure"}),
        answer(302, {"error": "Elsewhere.", "reason": "structure"}),
        answer(400, {"error": "No such thing.", "reason": "structure"}),
        answer(200, {"label": "low", "prediction": 0, "probability": 0.8807971}),
        answer(200, {"label": "high", "prediction": 1, "probability": 0.9}),
        answer(200, {"label": "high", "prediction": 1}),
        answer(200, {"label": "high", "prediction": 1.0, "probability": 0.8807971}),
        answer(200, b'{"label":"high","prediction":1,"probability":0.8807971}' + b" " * 2000),
        replace(RIGHT, headers={b"content-type": b"application/json"}),
    ],
)
def test_wrong_answer_to_a_valid_request_fails(answer: Answer) -> None:
    with pytest.raises((AssertionError, ValueError)):
        check_answers(CONTROL, answer)


@pytest.mark.parametrize(
    "answer",
    [
        replace(REFUSAL, status=413),
        answer(400, {"error": "It stays open.", "reason": "structure"}),
        answer(400, b"Invalid HTTP request received.", connection="close"),
        answer(400, {"error": "Plain.", "reason": "structure"}, connection="close", **{"content-type": "text/plain"}),
        answer(400, {"error": "More.", "reason": "structure", "detail": "x"}, connection="close"),
        answer(400, {"error": "", "reason": "structure"}, connection="close"),
        answer(400, {"error": "No stop", "reason": "structure"}, connection="close"),
        answer(400, {"error": "Two\nlines.", "reason": "structure"}, connection="close"),
        answer(400, {"error": "Traceback (most recent call last).", "reason": "structure"}, connection="close"),
        answer(400, {"error": "See /app/server/door.", "reason": "structure"}, connection="close"),
        answer(400, {"error": "In msgspec this is wrong.", "reason": "structure"}, connection="close"),
        answer(400, {"error": "An object at 0x7f00 is wrong.", "reason": "structure"}, connection="close"),
        answer(400, {"error": f"There is no {MARK}.", "reason": "structure"}, connection="close"),
        answer(400, {"error": "Long" * 1000 + ".", "reason": "structure"}, connection="close"),
    ],
)
def test_wrong_refusal_fails(answer: Answer) -> None:
    with pytest.raises((AssertionError, ValueError)):
        check_answers(REFUSED, answer)


def test_wrong_number_of_answers_fails() -> None:
    for sent, answers in (
        (CONTROL, []),
        (CONTROL, [RIGHT, RIGHT]),
        (replace(CONTROL, requests=(ROW, ROW)), [RIGHT]),
        (REFUSED, [RIGHT]),
        (replace(CONTROL, requests=(), then=Then.PERHAPS_REFUSAL), [RIGHT]),
    ):
        with pytest.raises(AssertionError):
            check_answers(sent, *answers)
    check_answers(replace(CONTROL, requests=(), then=Then.ANYTHING), RIGHT, RIGHT)


def test_fault_on_the_wire_fails() -> None:
    with pytest.raises(AssertionError, match="no end"):
        check_answers(CONTROL, RIGHT, fault="no end")


def test_request_id_must_come_back() -> None:
    request = ROW.with_headers((b"X-Request-Id", b"mine"))
    sent = replace(CONTROL, requests=(request,))
    check_answers(sent, answer(200, RIGHT.body, **{"x-request-id": "mine"}))
    with pytest.raises(AssertionError):
        check_answers(sent, RIGHT)


def test_other_document_fails() -> None:
    sent = Input("document", HEALTH.wire(), (HEALTH,))
    for other in (
        answer(200, {"status": "odd"}),
        answer(404, {"error": "There is no such path.", "reason": "structure"}),
    ):
        with pytest.raises(AssertionError):
            check_answers(sent, other)


def test_504_is_correct_only_with_a_deadline() -> None:
    late = answer(504, {"error": "Too late.", "reason": "structure"})
    request = ROW.with_headers((b"X-Envoy-Expected-Rq-Timeout-Ms", b"0"))
    check_answers(Input("deadline", request.wire(), (request,)), late)
    with pytest.raises(AssertionError):
        check_answers(CONTROL, late)
