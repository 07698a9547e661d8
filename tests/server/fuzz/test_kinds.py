import json
from collections import Counter

import pytest

from tests.server.fuzz import right
from tests.server.fuzz.json_tree import Members, Text, encode, slots, tree
from tests.server.fuzz.kinds import KINDS, make
from tests.server.fuzz.paper import Refused, Unclear
from tests.server.fuzz.request import Input, Request, Then

SOME = [make(1, index) for index in range(len(KINDS) * 60)]


def of(kind: str) -> list[Input]:
    return [sent for sent in SOME if sent.kind == kind]


def test_a_seed_and_an_index_give_the_same_input_again() -> None:
    assert [make(1, index) for index in range(len(KINDS))] == SOME[: len(KINDS)]
    assert make(2, 0) != make(1, 0)


@pytest.mark.parametrize("turn", range(len(KINDS)))
def test_each_kind_makes_ever_other_inputs(turn: int) -> None:
    assert len({sent.wire for sent in SOME[turn :: len(KINDS)]}) > 30


def test_no_input_is_so_long_that_it_stalls_the_others() -> None:
    assert max(len(sent.wire) for sent in SOME) < 500_000


def _verdict(request: Request) -> str:
    try:
        right.answer(request)
    except (Refused, Unclear) as verdict:
        return type(verdict).__name__
    return "right"


@pytest.mark.parametrize("kind", ["plain", "batch", "V1", "V2 JSON", "V2 binary, structure", "V2 binary, bytes"])
def test_bodies_are_mutated_enough_and_not_too_much(kind: str) -> None:
    verdicts = Counter(_verdict(sent.requests[0]) for sent in of(kind))
    assert verdicts["Refused"] >= 12
    assert verdicts["right"] >= 6


@pytest.mark.parametrize("kind", ["chunked", "pipelined", "upgrade", "in pieces"])
def test_what_is_sent_in_an_odd_way_has_a_right_answer(kind: str) -> None:
    requests = [request for sent in of(kind) for request in sent.requests if request.method == b"POST"]
    assert {_verdict(request) for request in requests} == {"right"}


def test_pieces_are_the_whole() -> None:
    assert all(b"".join(sent.pieces()) == sent.wire for sent in SOME)
    assert all(len(sent.pieces()) == len(sent.cuts) + 1 for sent in SOME)


def test_only_what_must_be_refused_names_a_status() -> None:
    assert all((sent.then is Then.REFUSAL) == bool(sent.status) for sent in SOME)


def test_json_is_written_as_it_is_unless_told_otherwise() -> None:
    value = {"a": [1, {"b": None, "ü": "x\n"}], "c": {}}
    assert json.loads(encode(tree(value))) == value
    assert encode(Members([["a", 1], ["a", Text(b"01")]])) == b'{"a":1,"a":01}'


def test_slots_are_every_place_of_a_value() -> None:
    whole = [tree({"a": [1, {"b": 2}]})]
    for parent, index in list(slots(whole)):
        if type(parent[index]) is int:
            parent[index] = 7
    assert encode(whole[0]) == b'{"a":[7,{"b":7}]}'
    assert len(list(slots(whole))) == 5
