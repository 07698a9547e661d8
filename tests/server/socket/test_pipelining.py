"""Pipelined requests are all answered, in order, whichever thread computes the response."""

import json
from collections.abc import Sequence

import pytest

from tests.served import Served
from tests.server.socket.client import PROBE, ROW, Caller, Response, request, slow

pytestmark = pytest.mark.slow

LONG_BATCH = request("/v1/models/sign:predict", json.dumps({"instances": [[1, 1]] * 10_000}).encode())
MISSING = request("/nothing", method="GET")


def answers_to(served: Served, requests: Sequence[bytes], piece: int = 0) -> list[Response]:
    """Return the responses to requests sent at once. Those after a closing response are sent again, as clients do."""
    answers: list[Response] = []
    while len(answers) < len(requests):
        with Caller(served.url, timeout=30) as caller:
            caller.send(b"".join(requests[len(answers) :]), piece)
            while len(answers) < len(requests):
                answers.append(caller.answer())
                if answers[-1].closes:
                    assert caller.rest() == []
                    break
    return answers


@pytest.mark.parametrize("piece", [0, 1, 7, 100, 4096])
def test_responses_come_in_the_order_of_the_requests(served: Served, piece: int) -> None:
    requests = [request("/predict", b'{"x": %d, "y": 0}' % number) for number in range(-50, 50)]
    answers = answers_to(served, requests, piece)
    assert [json.loads(answer.body)["prediction"] for answer in answers] == [0] * 51 + [1] * 49


def test_responses_come_in_order_if_some_are_computed_off_the_event_loop(served: Served) -> None:
    requests = [slow(20_000), PROBE, ROW, MISSING, slow(3), LONG_BATCH, ROW, request("/predict", b"{"), slow(0), PROBE]
    answers = answers_to(served, requests)
    assert [answer.status for answer in answers] == [200, 200, 200, 404, 200, 200, 200, 400, 200, 200]
    slow_ones = [json.loads(answers[position].body)["predictions"] for position in (0, 4, 8)]
    assert slow_ones == [[20_000], [3], [0]]
    assert json.loads(answers[5].body)["predictions"] == [1] * 10_000


def test_ten_thousand_pipelined_requests_are_all_answered(served: Served) -> None:
    assert {answer.status for answer in answers_to(served, [PROBE] * 10_000)} == {200}


def test_head_response_has_no_body(served: Served) -> None:
    with Caller(served.url) as caller:
        answer = caller.send(request("/info", method="HEAD")).answer(to_head=True)
        assert (answer.status, answer.body) == (200, b"")
        assert int(answer.headers["content-length"]) > 0
        assert answer.closes or caller.send(PROBE).answer().status == 200
