"""Requests with a link: what the app answers, when, and who does not have to wait."""

import asyncio
import threading
from typing import Any

import uvloop

from server import links
from server.http.app import App
from server.http.worker import WorkerQueue
from server.links import Links
from server.response import Response
from server.route import Headers, Link, Route
from tests.server.links.host import NAME, PICTURE, Host, listening, saying
from tests.server.links.request import Request
from tests.server.responder import responder


def upper(body: bytes, _headers: Headers) -> Response:
    return Response(body.upper())


def linked(body: bytes, headers: Headers) -> Link | None:
    return Link(body.decode(), lambda picture: upper(picture, headers)) if body.startswith(b"http") else None


SLOW = Route("/slow", "POST", upper, (b"",), -1, extract_link=linked)
QUICK = Route("/quick", "POST", upper, (b"",), 1000)


def app_with(links: Links | None, slow: Route = SLOW) -> App:
    async def nothing(_scope: Any, _receive: Any, _send: Any) -> None:
        raise AssertionError

    return App(
        {("/slow", "POST"): slow, ("/quick", "POST"): QUICK},
        nothing,
        WorkerQueue(20),
        responder(),
        links,
    )


def link(host: Host) -> str:
    return f"http://{NAME}:{host.port}/"


def test_the_linked_picture_is_answered() -> None:
    async def scenario() -> None:
        async with listening(saying(PICTURE)) as host:
            assert await Request(app_with(host.links()), link(host)).answer() == (200, b"PICTURE")

    uvloop.run(scenario())


def test_links_are_refused_if_no_host_is_allowed() -> None:
    async def scenario() -> None:
        async with listening(saying(PICTURE)) as host:
            status, sentence = await Request(app_with(None), link(host)).refusal()
            assert (status, host.connections) == (400, 0)
            assert "IMAGE_HOSTS" in sentence

    uvloop.run(scenario())


def test_other_requests_do_not_wait_for_downloads() -> None:
    async def scenario() -> None:
        async with listening(saying(stays=True)) as host:
            app = app_with(host.links())
            waiting = [Request(app, link(host)) for _ in range(links.MAX_DOWNLOADS)]
            await asyncio.sleep(0.05)
            assert await Request(app, "a", "/quick").answer() == (200, b"A")
            assert await Request(app, "a", "/slow").answer() == (200, b"A")
            assert not any(request.answered for request in waiting)
            for request in waiting:
                request.gone.set()
            await asyncio.gather(*[request.ended for request in waiting])

    uvloop.run(scenario())


def test_a_download_ends_when_the_client_disconnects() -> None:
    async def scenario() -> None:
        async with listening(saying(stays=True)) as host:
            request = Request(app_with(host.links()), link(host))
            await asyncio.sleep(0.05)
            request.gone.set()
            await asyncio.wait_for(request.ended, 2)
            await asyncio.wait_for(host.left.wait(), 2)
            assert (host.connections, request.answered) == (1, False)

    uvloop.run(scenario())


def test_a_download_ends_at_the_deadline() -> None:
    async def scenario() -> None:
        async with listening(saying(stays=True)) as host:
            status, _ = await Request(app_with(host.links()), link(host), milliseconds="100").refusal()
            assert status == 504
            await asyncio.wait_for(host.left.wait(), 2)

    uvloop.run(scenario())


def test_a_slot_is_held_until_the_answer_is_made() -> None:
    released = threading.Event()

    def held(body: bytes, headers: Headers) -> Response:
        assert released.wait(10)
        return upper(body, headers)

    route = Route(
        "/slow", "POST", held, (b"",), -1, extract_link=lambda body, _: Link(body.decode(), lambda p: held(p, {}))
    )

    async def scenario() -> None:
        async with listening(saying(PICTURE)) as host:
            app = app_with(host.links(), route)
            waiting = [Request(app, link(host)) for _ in range(links.MAX_DOWNLOADS)]
            while host.connections < links.MAX_DOWNLOADS:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.05)  # all are downloaded, and wait for one thread
            assert (await Request(app, link(host)).refusal())[0] == 503
            released.set()
            assert {await request.answer() for request in waiting} == {(200, b"PICTURE")}
            assert await Request(app, link(host)).answer() == (200, b"PICTURE")

    uvloop.run(scenario())
