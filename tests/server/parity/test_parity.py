"""Send the same requests to KServe and to this server. Every difference must be in the table of differences."""

from typing import Any

import httpx
import pytest

from tests.served import Served
from tests.server.parity.cases import CASES, Request
from tests.server.parity.differences import DIFFERENCES
from tests.server.parity.responses import comparable

pytestmark = pytest.mark.slow

INTENTIONAL = {case: difference for difference in DIFFERENCES for case in difference.cases}


def send(served: Served, request: Request) -> httpx.Response:
    # KServe drops the connection after an error, so each request opens its own.
    with httpx.Client(base_url=served.url) as client:
        return client.request(request.method, request.path, content=request.content, headers=request.headers)


def send_to_both(kserve: Served, ours: Served, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    request = CASES[name]
    request_id = {"tensor with id": "seven:7", "binary tensor with id": "b", "columns with an id": "seven"}.get(name)
    response = send(ours, request)
    if response.is_error and request.method != "HEAD":
        assert list(response.json()) == ["error", "reason"]
        assert response.headers["content-type"] == "application/json"
    return comparable(send(kserve, request), request_id), comparable(response, request_id)


@pytest.mark.parametrize("name", sorted(CASES.keys() - INTENTIONAL.keys()))
def test_both_servers_give_the_same_response(kserve: Served, ours: Served, name: str) -> None:
    theirs, mine = send_to_both(kserve, ours, name)
    assert mine == theirs


@pytest.mark.parametrize("name", INTENTIONAL)
def test_the_responses_differ_as_the_table_says(kserve: Served, ours: Served, name: str) -> None:
    theirs, mine = send_to_both(kserve, ours, name)
    difference = INTENTIONAL[name]
    assert (theirs["status"], mine["status"]) == (int(difference.theirs[:3]), int(difference.ours[:3]))
    assert mine != theirs
