import asyncio
import time
from contextlib import suppress
from itertools import pairwise

from server import metrics
from server.http import loop_lag


def counted(most: str) -> float:
    """Return how often the loop was late by at most these seconds."""
    return metrics.REGISTRY.get_sample_value("mlserving_loop_lag_seconds_bucket", {"le": most}) or 0


def test_work_that_holds_up_the_loop_shows_as_its_lag() -> None:
    turns: list[float] = []

    async def scenario() -> None:
        watching = asyncio.create_task(loop_lag.watch(lambda: turns.append(time.monotonic())))
        await asyncio.sleep(0.01)
        time.sleep(0.4)
        await asyncio.sleep(0.15)
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching

    before = [counted(most) for most in ("0.25", "+Inf")]
    asyncio.run(scenario())
    short, long = (counted(most) - known for most, known in zip(("0.25", "+Inf"), before, strict=True))
    assert long - short >= 1
    assert len(turns) >= 2
    assert max(after - before for before, after in pairwise(turns)) >= 0.4
