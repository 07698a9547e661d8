"""How many links are fetched, or held, at once."""

import asyncio

import pytest
import uvloop

from server import links
from server.errors import BadLink, Overloaded
from tests.server.links.host import NAME, PICTURE, fetched, listening, saying


def test_one_more_than_may_be_held_is_refused_until_one_is_let_go() -> None:
    async def scenario() -> None:
        async with listening(saying(PICTURE)) as host:
            crowd, link = host.links(), f"http://{NAME}:{host.port}/"
            held = [crowd.fetched(link) for _ in range(links.MAX_HELD)]
            for one in held:
                await one.__aenter__()
            with pytest.raises(Overloaded, match="ask again"):
                await fetched(crowd, link)
            await held[0].__aexit__(None, None, None)
            assert await fetched(crowd, link) == b"picture"
            with pytest.raises(BadLink):
                await fetched(crowd, "nonsense")
            assert await fetched(crowd, link) == b"picture"

    uvloop.run(scenario())


def test_a_fetch_that_nobody_waits_for_ends_at_once() -> None:
    async def scenario() -> None:
        async with listening(saying(stays=True)) as host:
            crowd = host.links()
            for _ in range(links.MAX_HELD + 1):
                fetching = asyncio.create_task(fetched(crowd, f"http://{NAME}:{host.port}/"))
                await asyncio.sleep(0.02)
                fetching.cancel()
                await asyncio.wait([fetching])
                assert fetching.cancelled()
            await asyncio.wait_for(host.left.wait(), 2)

    uvloop.run(scenario())
