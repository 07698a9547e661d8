"""Two routes of one path, and a route with its own error responses."""

import asyncio
import json
from typing import Any

import pytest

from server.errors import InvalidInput
from server.http.app import App
from server.http.worker import WorkerQueue
from server.response import Response
from server.route import Route
from tests.server.responder import responder


def _refuses(_body: bytes, _headers: object) -> Response:
    raise InvalidInput("No.", "structure")


PLAIN = [(b"content-type", b"text/plain")]
POSTED = Route(
    "/", "POST", _refuses, (b"",), error_response=lambda error, _headers: Response(error.sentence.encode(), PLAIN)
)
ROUTES = {("/", "GET"): Route("/", "GET", lambda _body, _headers: Response(b"got", PLAIN)), ("/", "POST"): POSTED}


def respond(method: str) -> tuple[int, dict[bytes, bytes], bytes]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def nothing(_scope: Any, _receive: Any, _send: Any) -> None:
        raise AssertionError

    scope = {"type": "http", "path": "/", "method": method, "headers": []}
    asyncio.run(App(ROUTES, nothing, WorkerQueue(1), responder())(scope, receive, send))
    start, body = sent
    return start["status"], dict(start["headers"]), body["body"]


@pytest.mark.parametrize(("method", "status", "body"), [("GET", 200, b"got"), ("POST", 400, b"No.")])
def test_each_method_of_a_path_has_its_own_route(method: str, status: int, body: bytes) -> None:
    answer = respond(method)
    assert answer[::2] == (status, body)
    assert answer[1][b"content-type"] == b"text/plain"


def test_405_lists_the_methods_of_all_routes_of_the_path() -> None:
    status, headers, body = respond("DELETE")
    assert status == 405
    assert headers[b"allow"] == b"GET, HEAD, POST"
    assert json.loads(body)["reason"] == "method"
