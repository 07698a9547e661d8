"""A request with a link in it, at the door: what is answered, when, and who does not have to wait for it."""

import asyncio
import threading
from typing import Any

import uvloop

from server import links
from server.http.access_log import AccessLog
from server.http.app import App
from server.http.worker import WorkerQueue
from server.links import Links
from server.response import Response
from server.route import Headers, Link, Route
from tests.server.links.host import NAME, PICTURE, Host, listening, saying
from tests.server.links.request import Request


def upper(body: bytes, _headers: Headers) -> Response:
    return Response(body.upper())


def linked(body: bytes, headers: Headers) -> Link | None:
    return Link(body.decode(), lambda picture: upper(picture, headers)) if body.startswith(b"http") else None


SLOW = Route("/slow", "POST", upper, (b"",), -1, linked=linked)
QUICK = Route("/quick", "POST", upper, (b"",), 1000)


def a_door(links: Links | None, slow: Route = SLOW) -> App:
    async def nothing(_scope: Any, _receive: Any, _send: Any) -> None:
        raise AssertionError

    return App({"/slow": slow, "/quick": QUICK}, nothing, WorkerQueue(20), AccessLog(), "", links)


def link(host: Host) -> str:
    return f"http://{NAME}:{host.port}/"


def test_the_picture_that_a_link_leads_to_is_answered_on() -> None:
    async def scenario() -> None:
        async with listening(saying(PICTURE)) as host:
            assert await Request(a_door(host.links()), link(host)).answer() == (200, b"PICTURE")

    uvloop.run(scenario())


def test_no_link_is_followed_where_no_host_is_allowed() -> None:
    async def scenario() -> None:
        async with listening(saying(PICTURE)) as host:
            status, sentence = await Request(a_door(None), link(host)).refusal()
            assert (status, host.connections) == (400, 0)
            assert "IMAGE_HOSTS" in sentence

    uvloop.run(scenario())


def test_nobody_else_waits_for_a_link() -> None:
    async def scenario() -> None:
        async with listening(saying(stays=True)) as host:
            door = a_door(host.links())
            waiting = [Request(door, link(host)) for _ in range(links.MAX_HELD)]
            await asyncio.sleep(0.05)
            assert await Request(door, "a", "/quick").answer() == (200, b"A")
            assert await Request(door, "a", "/slow").answer() == (200, b"A")
            assert not any(request.answered for request in waiting)
            for request in waiting:
                request.gone.set()
            await asyncio.gather(*[request.ended for request in waiting])

    uvloop.run(scenario())


def test_a_fetch_ends_when_its_caller_goes_and_nothing_is_answered() -> None:
    async def scenario() -> None:
        async with listening(saying(stays=True)) as host:
            request = Request(a_door(host.links()), link(host))
            await asyncio.sleep(0.05)
            request.gone.set()
            await asyncio.wait_for(request.ended, 2)
            await asyncio.wait_for(host.left.wait(), 2)
            assert (host.connections, request.answered) == (1, False)

    uvloop.run(scenario())


def test_a_fetch_ends_at_the_deadline() -> None:
    async def scenario() -> None:
        async with listening(saying(stays=True)) as host:
            status, _ = await Request(a_door(host.links()), link(host), milliseconds="100").refusal()
            assert status == 504
            await asyncio.wait_for(host.left.wait(), 2)

    uvloop.run(scenario())


def test_pictures_count_as_held_until_they_are_answered_on() -> None:
    answering = threading.Event()

    def held(body: bytes, headers: Headers) -> Response:
        assert answering.wait(10)
        return upper(body, headers)

    route = Route("/slow", "POST", held, (b"",), -1, linked=lambda body, _: Link(body.decode(), lambda p: held(p, {})))

    async def scenario() -> None:
        async with listening(saying(PICTURE)) as host:
            door = a_door(host.links(), route)
            waiting = [Request(door, link(host)) for _ in range(links.MAX_HELD)]
            while host.connections < links.MAX_HELD:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.05)  # all are fetched, and wait for one thread
            assert (await Request(door, link(host)).refusal())[0] == 503
            answering.set()
            assert {await request.answer() for request in waiting} == {(200, b"PICTURE")}
            assert await Request(door, link(host)).answer() == (200, b"PICTURE")

    uvloop.run(scenario())
