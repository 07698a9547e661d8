"""Each promise, broken once: the check must see it."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.server.fuzz.answer import Answer
from tests.server.fuzz.campaign import CONTROL, ROW
from tests.server.fuzz.edges import MARK
from tests.server.fuzz.holds import check
from tests.server.fuzz.request import Input, Request, Then
from tests.server.fuzz.sending import Heard

DOCUMENTS = {b"/health": b'{"status":"ok"}'}
HEALTH = Request(b"/health", method=b"GET").framed()
REFUSED = replace(CONTROL, requests=(), then=Then.REFUSAL, status=400)


def said(status: int, document: Any, **headers: str) -> Answer:
    some = {"content-type": "application/json", "x-request-id": "a1", **headers}
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Answer(status, {name.encode(): value.encode() for name, value in some.items()}, body)


RIGHT = said(200, {"label": "high", "prediction": 1, "probability": 0.8807971})
REFUSAL = said(400, {"error": "Send it as /docs says.", "reason": "structure"}, connection="close")


def judged(sent: Input, *answers: Answer, **heard: Any) -> None:
    check(sent, Heard(list(answers), **heard), DOCUMENTS)


def test_what_is_right_passes() -> None:
    judged(CONTROL, RIGHT)
    judged(REFUSED, REFUSAL)
    judged(Input("document", HEALTH.wire(), (HEALTH,)), said(200, DOCUMENTS[b"/health"]))
    judged(replace(CONTROL, requests=(ROW, ROW)), replace(RIGHT, headers={**RIGHT.headers, b"connection": b"close"}))


@pytest.mark.parametrize(
    "answer",
    [
        said(500, {"error": "The server failed.", "reason": "structure"}),
        said(503, {"error": "Too much waits.", "reason": "structure"}),
        said(504, {"error": "Too late.", "reason": "structure"}),
        said(302, {"error": "Elsewhere.", "reason": "structure"}),
        said(400, {"error": "No such thing.", "reason": "structure"}),
        said(200, {"label": "low", "prediction": 0, "probability": 0.8807971}),
        said(200, {"label": "high", "prediction": 1, "probability": 0.9}),
        said(200, {"label": "high", "prediction": 1}),
        said(200, {"label": "high", "prediction": 1.0, "probability": 0.8807971}),
        said(200, b'{"label":"high","prediction":1,"probability":0.8807971}' + b" " * 2000),
        replace(RIGHT, headers={b"content-type": b"application/json"}),
    ],
)
def test_a_wrong_answer_to_a_good_request_is_seen(answer: Answer) -> None:
    with pytest.raises((AssertionError, ValueError)):
        judged(CONTROL, answer)


@pytest.mark.parametrize(
    "answer",
    [
        replace(REFUSAL, status=413),
        said(400, {"error": "It stays open.", "reason": "structure"}),
        said(400, b"Invalid HTTP request received.", connection="close"),
        said(400, {"error": "Plain.", "reason": "structure"}, connection="close", **{"content-type": "text/plain"}),
        said(400, {"error": "More.", "reason": "structure", "detail": "x"}, connection="close"),
        said(400, {"error": "", "reason": "structure"}, connection="close"),
        said(400, {"error": "No stop", "reason": "structure"}, connection="close"),
        said(400, {"error": "Two\nlines.", "reason": "structure"}, connection="close"),
        said(400, {"error": "Traceback (most recent call last).", "reason": "structure"}, connection="close"),
        said(400, {"error": "See /app/server/door.", "reason": "structure"}, connection="close"),
        said(400, {"error": "In msgspec this is wrong.", "reason": "structure"}, connection="close"),
        said(400, {"error": "An object at 0x7f00 is wrong.", "reason": "structure"}, connection="close"),
        said(400, {"error": f"There is no {MARK}.", "reason": "structure"}, connection="close"),
        said(400, {"error": "Long" * 1000 + ".", "reason": "structure"}, connection="close"),
    ],
)
def test_a_wrong_refusal_is_seen(answer: Answer) -> None:
    with pytest.raises((AssertionError, ValueError)):
        judged(REFUSED, answer)


def test_the_number_of_answers_is_seen() -> None:
    for sent, answers in (
        (CONTROL, []),
        (CONTROL, [RIGHT, RIGHT]),
        (replace(CONTROL, requests=(ROW, ROW)), [RIGHT]),
        (REFUSED, [RIGHT]),
        (replace(CONTROL, requests=(), then=Then.PERHAPS_REFUSAL), [RIGHT]),
    ):
        with pytest.raises(AssertionError):
            judged(sent, *answers)
    judged(replace(CONTROL, requests=(), then=Then.ANYTHING), RIGHT, RIGHT)


def test_what_was_wrong_on_the_wire_is_seen() -> None:
    with pytest.raises(AssertionError, match="no end"):
        judged(CONTROL, RIGHT, fault="no end")


def test_an_identity_given_must_come_back() -> None:
    request = ROW.with_headers((b"X-Request-Id", b"mine"))
    sent = replace(CONTROL, requests=(request,))
    judged(sent, said(200, RIGHT.body, **{"x-request-id": "mine"}))
    with pytest.raises(AssertionError):
        judged(sent, RIGHT)


def test_a_document_that_is_another_is_seen() -> None:
    sent = Input("document", HEALTH.wire(), (HEALTH,))
    for answer in (said(200, {"status": "odd"}), said(404, {"error": "There is no such path.", "reason": "structure"})):
        with pytest.raises(AssertionError):
            judged(sent, answer)


def test_a_deadline_may_pass_only_where_there_is_one() -> None:
    late = said(504, {"error": "Too late.", "reason": "structure"})
    request = ROW.with_headers((b"X-Envoy-Expected-Rq-Timeout-Ms", b"0"))
    judged(Input("deadline", request.wire(), (request,)), late)
    with pytest.raises(AssertionError):
        judged(CONTROL, late)
