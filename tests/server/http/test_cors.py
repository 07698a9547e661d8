"""The headers for pages of other origins are those of Starlette's CORSMiddleware."""

import asyncio
from typing import Any

import pytest
from fastapi.middleware.cors import CORSMiddleware

from server.http.app import App
from server.http.cors import ANY, Cors
from server.http.worker import WorkerQueue
from server.response import Response
from server.route import Route
from tests.server.responder import responder

PAGE, OTHER = b"https://page.example", b"https://other.example"
NAMED, ANYONE = frozenset((PAGE.decode(),)), frozenset((ANY,))


async def plain(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"vary", b"accept")]})
    await send({"type": "http.response.body", "body": b"fine"})


def ours(origins: frozenset[str]) -> App:
    cors = Cors(origins)
    routes = {("/", "POST"): Route("/", "POST", lambda *_: Response(b"fine", [(b"vary", b"accept")]))}
    routes |= cors.preflight_routes(routes)
    return App(routes, plain, WorkerQueue(1), responder(cors))


def starlettes(origins: frozenset[str]) -> CORSMiddleware:
    return CORSMiddleware(plain, allow_origins=origins, allow_methods=["POST"], allow_headers=["*"])


def ask(app: Any, method: str, *headers: tuple[bytes, bytes], path: str = "/") -> tuple[int, dict[bytes, bytes]]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "path": path, "method": method, "headers": list(headers)}
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], dict(sent[0]["headers"])


def seen(headers: dict[bytes, bytes], *names: bytes) -> dict[bytes, bytes]:
    return {name: headers[name] for name in names if name in headers}


@pytest.mark.parametrize("origin", [PAGE, OTHER, PAGE + b":444", PAGE.upper(), b"null", None])
@pytest.mark.parametrize("origins", [NAMED, ANYONE])
def test_response_is_for_the_same_pages_as_starlettes(origins: frozenset[str], origin: bytes | None) -> None:
    given = ((b"origin", origin),) if origin else ()
    (status, headers), (_, reference) = (ask(make(origins), "POST", *given) for make in (ours, starlettes))
    assert status == 200
    allowed = b"access-control-allow-origin"
    if origin:
        assert seen(headers, allowed) == seen(reference, allowed)
        assert (b"access-control-expose-headers" in headers) == (allowed in headers)
    if origins is NAMED:
        assert headers[b"vary"] == reference[b"vary"] == b"accept, Origin"
    assert b"access-control-allow-credentials" not in headers


@pytest.mark.parametrize("origin", [PAGE, OTHER])
@pytest.mark.parametrize("origins", [NAMED, ANYONE])
def test_preflight_is_answered_as_by_starlette(origins: frozenset[str], origin: bytes) -> None:
    asked = (b"origin", origin), (b"access-control-request-method", b"POST")
    (status, headers), (expected, reference) = (ask(make(origins), "OPTIONS", *asked) for make in (ours, starlettes))
    assert (status, expected) in {(200, 200), (403, 400)}
    names = (b"access-control-allow-origin", b"access-control-max-age", b"access-control-allow-methods")
    if status == 200:
        assert seen(headers, *names) == seen(reference, *names)
        assert headers[b"access-control-allow-headers"] == b"*, Authorization"
    else:
        assert not seen(headers, *names)


@pytest.mark.parametrize("headers", [(), ((b"origin", PAGE),), ((b"access-control-request-method", b"POST"),)])
def test_options_that_is_no_preflight_is_refused(headers: tuple[tuple[bytes, bytes], ...]) -> None:
    status, answered = ask(ours(ANYONE), "OPTIONS", *headers)
    assert (status, answered[b"allow"]) == (405, b"POST")


def test_refusals_are_for_the_same_pages() -> None:
    for method, path in (("GET", "/"), ("POST", "/nothing")):
        status, headers = ask(ours(NAMED), method, (b"origin", PAGE), path=path)
        assert status in {404, 405}
        assert headers[b"access-control-allow-origin"] == PAGE
