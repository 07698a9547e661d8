"""The same requests to KServe and to our server; what differs must be in the table of differences."""

from typing import Any

import httpx
import pytest

from tests.served import Served
from tests.server.parity.answers import comparable
from tests.server.parity.cases import CASES, Request
from tests.server.parity.differences import DIFFERENCES

pytestmark = pytest.mark.slow

ON_PURPOSE = {case: difference for difference in DIFFERENCES for case in difference.cases}


def asked(served: Served, request: Request) -> httpx.Response:
    # KServe drops the connection after an error of its own: each request has its own.
    with httpx.Client(base_url=served.url) as client:
        return client.request(request.method, request.path, content=request.content, headers=request.headers)


def both(kserve: Served, ours: Served, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    request = CASES[name]
    identity = {"tensor with id": "seven:7", "binary tensor with id": "b"}.get(name)
    answer = asked(ours, request)
    if answer.is_error and request.method != "HEAD":
        assert list(answer.json()) == ["error", "reason"]
        assert answer.headers["content-type"] == "application/json"
    return comparable(asked(kserve, request), identity), comparable(answer, identity)


@pytest.mark.parametrize("name", sorted(CASES.keys() - ON_PURPOSE.keys()))
def test_the_answers_are_the_same(kserve: Served, ours: Served, name: str) -> None:
    theirs, mine = both(kserve, ours, name)
    assert mine == theirs


@pytest.mark.parametrize("name", ON_PURPOSE)
def test_the_answers_differ_as_the_table_says(kserve: Served, ours: Served, name: str) -> None:
    theirs, mine = both(kserve, ours, name)
    difference = ON_PURPOSE[name]
    assert (theirs["status"], mine["status"]) == (int(difference.theirs[:3]), int(difference.ours[:3]))
    assert mine != theirs
