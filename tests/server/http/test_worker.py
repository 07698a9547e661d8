import asyncio
import gc
import math
import threading
import weakref
from collections.abc import Awaitable, Callable
from time import perf_counter

import pytest

from server.errors import DeadlinePassed, Overloaded
from server.http.worker import ClientDisconnected, WorkerQueue, cancel_on_disconnect


async def never() -> None:
    await asyncio.sleep(60)


async def at_once() -> None:
    pass


class Held:
    """A job that runs until it is released."""

    def __init__(self) -> None:
        self.started = threading.Event()
        self.release = threading.Event()

    def __call__(self) -> str:
        self.started.set()
        assert self.release.wait(10)
        return "held"


async def holding(queue: WorkerQueue, then: Callable[[], Awaitable[None]]) -> None:
    """Do something while one job runs."""
    held = Held()
    task = asyncio.create_task(queue.run(held, math.inf, never))
    await asyncio.to_thread(held.started.wait)
    try:
        await then()
    finally:
        held.release.set()
    assert await task == "held"
    await asyncio.sleep(0.01)
    assert queue.length == 0


def test_a_client_who_has_left_holds_no_place_against_the_next() -> None:
    queue = WorkerQueue(2)

    async def one_leaves() -> None:
        left = asyncio.Event()
        waiting = asyncio.create_task(queue.run(lambda: "waits", math.inf, left.wait))
        await asyncio.sleep(0.01)
        assert queue.length == 2
        left.set()
        next_one = asyncio.create_task(queue.run(lambda: "next", math.inf, never))
        with pytest.raises(ClientDisconnected):
            await waiting
        await asyncio.sleep(0.01)
        assert not next_one.done()
        assert queue.length == 2
        next_one.cancel()

    asyncio.run(holding(queue, one_leaves))


def test_full_queue_refuses_with_retry_after() -> None:
    queue = WorkerQueue(1)

    async def one_more() -> None:
        with pytest.raises(Overloaded) as refusal:
            await queue.run(lambda: "too many", math.inf, never)
        assert refusal.value.headers == {"retry-after": "1"}
        assert queue.length == 1

    asyncio.run(holding(queue, one_more))


def test_job_does_not_begin_after_its_client_disconnected() -> None:
    queue = WorkerQueue(2)
    started: list[bool] = []

    async def goes() -> None:
        with pytest.raises(ClientDisconnected):
            await queue.run(lambda: started.append(True), math.inf, at_once)

    asyncio.run(holding(queue, goes))
    assert started == []


def test_job_does_not_begin_after_its_deadline() -> None:
    queue = WorkerQueue(2)
    started: list[bool] = []
    waits: list[asyncio.Task[None]] = []

    async def late() -> None:
        waits.append(asyncio.create_task(queue.run(lambda: started.append(True), 0.0, never)))
        await asyncio.sleep(0.01)

    async def then_look() -> None:
        await holding(queue, late)
        with pytest.raises(DeadlinePassed):
            await waits[0]

    asyncio.run(then_look())
    assert started == []


def test_job_error_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        asyncio.run(WorkerQueue(1).run(lambda: 1 // 0, math.inf, never))


class Fault(Exception):
    """Ordinary errors do not say when they are gone."""


def test_job_error_is_freed_without_garbage_collection() -> None:
    async def scenario() -> weakref.ref[Fault]:
        def fails() -> None:
            raise Fault

        try:
            await WorkerQueue(1).run(fails, math.inf, never)
        except Fault as error:
            return weakref.ref(error)
        raise AssertionError

    gc.disable()
    try:
        assert asyncio.run(scenario())() is None
    finally:
        gc.enable()


async def soon() -> str:
    await asyncio.sleep(0.01)
    return "done"


def test_result_is_returned_before_the_deadline() -> None:
    assert asyncio.run(cancel_on_disconnect(soon(), never, perf_counter() + 10)) == "done"


def test_error_of_the_work_is_raised() -> None:
    async def fails() -> None:
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        asyncio.run(cancel_on_disconnect(fails(), never))


@pytest.mark.parametrize("allowed", [0.05, 0, -1])
def test_work_is_cancelled_at_the_deadline(allowed: float) -> None:
    async def scenario() -> None:
        work = asyncio.ensure_future(never())
        with pytest.raises(DeadlinePassed):
            await cancel_on_disconnect(work, never, perf_counter() + allowed)
        await asyncio.wait([work])
        assert work.cancelled()

    asyncio.run(scenario())


def test_work_is_cancelled_on_disconnect() -> None:
    async def scenario() -> None:
        work = asyncio.ensure_future(never())
        with pytest.raises(ClientDisconnected):
            await cancel_on_disconnect(work, soon)
        await asyncio.wait([work])
        assert work.cancelled()

    asyncio.run(scenario())
