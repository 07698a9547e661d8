import asyncio
import gc
import math
import threading
import weakref
from collections.abc import Awaitable, Callable

import pytest

from server.errors import DeadlinePassed, Overloaded
from server.http.caller import ClientDisconnected
from server.http.worker import WorkerQueue


async def never() -> None:
    await asyncio.sleep(60)


async def at_once() -> None:
    pass


class Held:
    """A job that runs until it is let go."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.let_go = threading.Event()

    def __call__(self) -> str:
        self.begun.set()
        assert self.let_go.wait(10)
        return "held"


async def holding(backlog: WorkerQueue, then: Callable[[], Awaitable[None]]) -> None:
    """Do something while one job runs."""
    held = Held()
    task = asyncio.create_task(backlog.run(held, math.inf, never))
    await asyncio.to_thread(held.begun.wait)
    try:
        await then()
    finally:
        held.let_go.set()
    assert await task == "held"
    await asyncio.sleep(0.01)
    assert backlog.length == 0


def test_one_more_than_its_size_is_refused_at_once() -> None:
    backlog = WorkerQueue(1)

    async def one_more() -> None:
        with pytest.raises(Overloaded) as refusal:
            await backlog.run(lambda: "too many", math.inf, never)
        assert refusal.value.headers == {"retry-after": "1"}
        assert backlog.length == 1

    asyncio.run(holding(backlog, one_more))


def test_a_job_whose_caller_goes_while_it_waits_is_never_begun() -> None:
    backlog = WorkerQueue(2)
    begun: list[bool] = []

    async def goes() -> None:
        with pytest.raises(ClientDisconnected):
            await backlog.run(lambda: begun.append(True), math.inf, at_once)

    asyncio.run(holding(backlog, goes))
    assert begun == []


def test_a_job_whose_deadline_passes_while_it_waits_is_never_begun() -> None:
    backlog = WorkerQueue(2)
    begun: list[bool] = []
    waits: list[asyncio.Task[None]] = []

    async def late() -> None:
        waits.append(asyncio.create_task(backlog.run(lambda: begun.append(True), 0.0, never)))
        await asyncio.sleep(0.01)

    async def then_look() -> None:
        await holding(backlog, late)
        with pytest.raises(DeadlinePassed):
            await waits[0]

    asyncio.run(then_look())
    assert begun == []


def test_what_the_job_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        asyncio.run(WorkerQueue(1).run(lambda: 1 // 0, math.inf, never))


class Fault(Exception):
    """Ordinary errors do not say when they are gone."""


def test_an_error_takes_its_memory_along_when_it_is_told() -> None:
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
