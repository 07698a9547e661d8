"""Two routes of one path, and a route with its own error responses."""

import asyncio
import json
import time
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


async def nothing(_scope: Any, _receive: Any, _send: Any) -> None:
    raise AssertionError


async def ask(app: App, path: str, method: str) -> list[Any]:
    """Return the messages of the response to a request without a body."""
    sent: list[Any] = []
    body_read = False

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        nonlocal body_read
        if body_read:
            await asyncio.sleep(60)  # the client stays
        body_read = True
        return {"type": "http.request", "body": b"", "more_body": False}

    await app({"type": "http", "path": path, "method": method, "headers": []}, receive, send)
    return sent


def respond(method: str) -> tuple[int, dict[bytes, bytes], bytes]:
    start, body = asyncio.run(ask(App(ROUTES, nothing, WorkerQueue(1), responder()), "/", method))
    return start["status"], dict(start["headers"]), body["body"]


@pytest.mark.parametrize(("method", "status", "body"), [("GET", 200, b"got"), ("POST", 400, b"No.")])
def test_each_method_of_a_path_has_its_own_route(method: str, status: int, body: bytes) -> None:
    answer = respond(method)
    assert answer[::2] == (status, body)
    assert answer[1][b"content-type"] == b"text/plain"


def test_models_whose_routes_share_a_name_have_estimates_of_their_own() -> None:
    """A slow model must not have the requests of a fast one refused, which wait for hardly any time."""
    name = "/v1/models/{model}:predict"

    def route(seconds: float) -> Route:
        def answer(_body: bytes, _headers: object) -> Response:
            time.sleep(seconds)
            return Response(b"{}", PLAIN)

        return Route(name, "POST", answer, (b"",), inline_bytes=-1)

    routes = {("/slow", "POST"): route(0.2), ("/fast", "POST"): route(0.01)}
    queue = WorkerQueue(100, max_wait=0.1)

    async def ask_all() -> list[int]:
        app = App(routes, nothing, queue, responder())
        await ask(app, "/slow", "POST")
        return [start["status"] for start, _ in await asyncio.gather(*(ask(app, "/fast", "POST") for _ in range(5)))]

    assert asyncio.run(ask_all()) == [200] * 5


def test_405_lists_the_methods_of_all_routes_of_the_path() -> None:
    status, headers, body = respond("DELETE")
    assert status == 405
    assert headers[b"allow"] == b"GET, HEAD, POST"
    assert json.loads(body)["reason"] == "method"
