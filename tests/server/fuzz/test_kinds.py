import pytest

from tests.server.fuzz import oracle
from tests.server.fuzz.examples import VALID
from tests.server.fuzz.kinds import KINDS, make
from tests.server.fuzz.models import Refused, Unclear
from tests.server.fuzz.request import Input, Request, Then

SOME = [make(1, index) for index in range(len(KINDS) * 60)]


def of(kind: str) -> list[Input]:
    return [sent for sent in SOME if sent.kind == kind]


def verdict(request: Request) -> str:
    try:
        oracle.answer(request)
    except (Refused, Unclear) as unanswered:
        return type(unanswered).__name__
    return "answered"


def test_seed_and_index_always_give_the_same_input() -> None:
    assert [make(1, index) for index in range(len(KINDS))] == SOME[: len(KINDS)]
    assert make(2, 0) != make(1, 0)


@pytest.mark.parametrize("turn", range(len(KINDS)))
def test_inputs_of_each_kind_differ(turn: int) -> None:
    assert len({sent.wire for sent in SOME[turn :: len(KINDS)]}) > 30


def test_inputs_are_short_enough_not_to_stall_others() -> None:
    assert max(len(sent.wire) for sent in SOME) < 500_000


def test_example_requests_are_valid() -> None:
    assert {verdict(request.framed()) for request in VALID} == {"answered"}


@pytest.mark.parametrize("kind", ["chunked", "pipelined", "upgrade", "in pieces", "compressed"])
def test_valid_requests_stay_valid_however_they_are_sent(kind: str) -> None:
    requests = [request for sent in of(kind) for request in sent.requests if request.method == b"POST"]
    assert {verdict(request) for request in requests} == {"answered"}


def test_pieces_add_up_to_the_whole() -> None:
    assert all(b"".join(sent.pieces()) == sent.wire for sent in SOME)
    assert all(len(sent.pieces()) == len(sent.cuts) + 1 for sent in SOME)


def test_only_refusals_have_a_status() -> None:
    assert all((sent.then is Then.REFUSAL) == bool(sent.status) for sent in SOME)
