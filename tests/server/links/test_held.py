"""The number of concurrent downloads."""

import asyncio

import pytest
import uvloop

from server import links
from server.errors import BadLink, Overloaded
from tests.server.links.host import NAME, PICTURE, download, listening, saying


def test_downloads_above_the_limit_are_refused_until_a_slot_is_free() -> None:
    async def scenario() -> None:
        async with listening(saying(PICTURE)) as host:
            guarded, link = host.links(), f"http://{NAME}:{host.port}/"
            held = [guarded.download(link) for _ in range(links.MAX_DOWNLOADS)]
            for one in held:
                await one.__aenter__()
            with pytest.raises(Overloaded) as refusal:
                await download(guarded, link)
            assert (refusal.value.status, refusal.value.reason) == (503, "links")
            await held[0].__aexit__(None, None, None)
            assert await download(guarded, link) == b"picture"
            with pytest.raises(BadLink):
                await download(guarded, "nonsense")
            assert await download(guarded, link) == b"picture"

    uvloop.run(scenario())


def test_a_cancelled_download_ends_at_once() -> None:
    async def scenario() -> None:
        async with listening(saying(stays=True)) as host:
            guarded = host.links()
            for _ in range(links.MAX_DOWNLOADS + 1):
                fetching = asyncio.create_task(download(guarded, f"http://{NAME}:{host.port}/"))
                await asyncio.sleep(0.02)
                fetching.cancel()
                await asyncio.wait([fetching])
                assert fetching.cancelled()
            await asyncio.wait_for(host.left.wait(), 2)

    uvloop.run(scenario())
