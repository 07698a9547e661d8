import json
from collections import Counter
from functools import cache
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.server.fuzz import documents, edges
from tests.server.fuzz.documents import Document
from tests.server.fuzz.faults import BODIES
from tests.server.fuzz.json_faults import faulty_json
from tests.server.fuzz.request import JSON_LENGTH, Input
from tests.server.fuzz.test_kinds import verdict

pytestmark = pytest.mark.slow

PROTOCOLS = {
    "predict": documents.predict(),
    "batch": documents.predict_batch(),
    "V1": documents.v1(),
    "V2 JSON": documents.v2_json(),
    "V2 binary": documents.v2_binary(),
}


Value = TypeVar("Value")


def drawn(strategy: st.SearchStrategy[Value], count: int) -> list[Value]:
    """Return values of a strategy, the same each time."""
    values: list[Value] = []

    @seed(1)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value: Value) -> None:
        values.append(value)

    collect()
    return values


@cache
def some(kind: str) -> list[Input]:
    return drawn(BODIES[kind], 150)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_documents_are_valid(protocol: str) -> None:
    requests = [document.request().framed() for document in drawn(PROTOCOLS[protocol], 60)]
    assert {verdict(request) for request in requests} == {"answered"}


@pytest.mark.parametrize("kind", [kind for kind in BODIES if kind != "text"])
def test_a_fair_share_of_bodies_is_refused_and_answered(kind: str) -> None:
    sent = some(kind)
    verdicts = Counter(verdict(one.requests[0]) for one in sent)
    assert verdicts["Refused"] >= 0.2 * len(sent), verdicts
    assert verdicts["answered"] >= 0.1 * len(sent), verdicts


@pytest.mark.parametrize("kind", BODIES)
def test_bodies_differ_and_are_short_enough(kind: str) -> None:
    sent = some(kind)
    assert len({one.wire for one in sent}) > 0.5 * len(sent)
    assert max(len(one.wire) for one in sent) < 500_000


def test_faults_reach_every_kind_of_node() -> None:
    document: dict[str, Any] = {"inputs": [{"name": "input", "shape": [1, 2], "data": [1, 2]}]}
    texts = b"\n".join(drawn(faulty_json(document), 1_000))
    for fault in (b"NaN", b'"name":7', b"\\u006eame", b"[[[", b"1,1,1", edges.MARK.encode(), b"[]"):
        assert fault in texts, fault
    for field, values in (("name", edges.NAMES), ("shape", edges.SHAPES)):
        assert any(b'"%b":%b,' % (field.encode(), value) in texts for value in values), field


def test_documents_are_written_as_json_with_the_binary_part_behind() -> None:
    value = {"a": [1, {"b": None, "ü": "x\n"}], "c": {}}
    request = Document(b"/", value, b"binary").request()
    ((_, length),) = [header for header in request.headers if header[0].lower() == JSON_LENGTH.lower()]
    assert json.loads(request.body[: int(length)]) == value
    assert request.body[int(length) :] == b"binary"


def test_failing_input_shrinks_to_the_fault() -> None:
    """A check that fails on a duplicate key ends with the smallest row that has one."""
    bodies: list[bytes] = []

    @seed(1)
    @settings(max_examples=500, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(BODIES["predict"])
    def refuse_duplicate_keys(sent: Input) -> None:
        body = sent.requests[0].body
        try:
            pairs = json.loads(body, object_pairs_hook=list)
        except (ValueError, RecursionError):
            return
        if isinstance(pairs, list) and len(dict(pairs)) < len(pairs):
            bodies.append(body)
            raise AssertionError

    with pytest.raises(AssertionError):
        refuse_duplicate_keys()
    assert len(bodies[-1]) <= len(b'{"x":null,"x":null}')
