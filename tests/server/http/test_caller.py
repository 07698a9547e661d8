import asyncio
from time import perf_counter

import pytest

from server.errors import DeadlinePassed
from server.http.caller import ClientDisconnected, cancel_on_disconnect


async def never() -> None:
    await asyncio.sleep(60)


async def soon() -> str:
    await asyncio.sleep(0.01)
    return "done"


def test_who_waits_gets_the_result() -> None:
    assert asyncio.run(cancel_on_disconnect(soon(), never, perf_counter() + 10)) == "done"


def test_an_error_is_the_works_own() -> None:
    async def fails() -> None:
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        asyncio.run(cancel_on_disconnect(fails(), never))


@pytest.mark.parametrize("allowed", [0.05, 0, -1])
def test_work_ends_at_the_deadline(allowed: float) -> None:
    async def scenario() -> None:
        work = asyncio.ensure_future(never())
        with pytest.raises(DeadlinePassed):
            await cancel_on_disconnect(work, never, perf_counter() + allowed)
        await asyncio.wait([work])
        assert work.cancelled()

    asyncio.run(scenario())


def test_work_ends_when_the_caller_goes() -> None:
    async def scenario() -> None:
        work = asyncio.ensure_future(never())
        with pytest.raises(ClientDisconnected):
            await cancel_on_disconnect(work, soon)
        await asyncio.wait([work])
        assert work.cancelled()

    asyncio.run(scenario())
