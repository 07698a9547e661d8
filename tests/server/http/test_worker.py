import asyncio
import gc
import math
import threading
import time
import weakref
from collections.abc import Awaitable, Callable
from time import perf_counter

import pytest

from server.errors import DeadlinePassed, Overloaded
from server.http.service_times import Work
from server.http.worker import ClientDisconnected, WorkerQueue, cancel_on_disconnect

WORK = Work("prediction", 100)


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
    task = asyncio.create_task(queue.run(held, WORK, math.inf, never))
    await asyncio.to_thread(held.started.wait)
    try:
        await then()
    finally:
        held.release.set()
    assert await task == "held"
    while queue.length:
        await asyncio.sleep(0.01)


def test_a_client_who_has_left_holds_no_place_against_the_next() -> None:
    queue = WorkerQueue(2)

    async def one_leaves() -> None:
        left = asyncio.Event()
        waiting = asyncio.create_task(queue.run(lambda: "waits", WORK, math.inf, left.wait))
        await asyncio.sleep(0.01)
        assert queue.length == 2
        left.set()
        next_one = asyncio.create_task(queue.run(lambda: "next", WORK, math.inf, never))
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
            await queue.run(lambda: "too many", WORK, math.inf, never)
        assert refusal.value.headers == {"retry-after": "1"}
        assert queue.length == 1

    asyncio.run(holding(queue, one_more))


async def teach(queue: WorkerQueue, work: Work, seconds: float) -> None:
    """Let the queue learn how long such work takes."""
    place = await queue.enter(work, math.inf)
    place.seconds = seconds
    queue.leave(place)


def test_work_that_would_wait_too_long_is_refused_and_quick_work_is_not() -> None:
    """The number that may wait is large; what counts is how long those that wait will take."""
    queue = WorkerQueue(100, max_wait=50)
    quick = Work("quick", 100)

    async def fill() -> None:
        await teach(queue, WORK, 20)
        await teach(queue, quick, 0)
        held = Held()
        first = asyncio.create_task(queue.run(held, WORK, math.inf, never))
        await asyncio.to_thread(held.started.wait)
        others = [asyncio.create_task(queue.run(lambda: None, WORK, math.inf, never)) for _ in range(3)]
        await asyncio.wait(others, return_when=asyncio.FIRST_COMPLETED)
        assert [other.done() for other in others] == [False, False, True]
        with pytest.raises(Overloaded, match="would take too long") as refusal:
            await others[2]
        assert refusal.value.headers == {"retry-after": "60"}
        with pytest.raises(Overloaded):
            await queue.run(lambda: None, quick, math.inf, never)  # it would wait as long as any other
        held.release.set()
        await asyncio.gather(first, *others[:2])
        await asyncio.sleep(0.01)
        await asyncio.gather(*(queue.run(lambda: None, quick, math.inf, never) for _ in range(50)))

    asyncio.run(fill())


def test_one_job_may_wait_for_another_however_long_that_takes() -> None:
    queue = WorkerQueue(100, max_wait=0.01)

    async def two_of_three() -> None:
        await teach(queue, WORK, 10)
        jobs = [asyncio.create_task(queue.run(lambda: time.sleep(0.05), WORK, math.inf, never)) for _ in range(3)]
        results = await asyncio.gather(*jobs, return_exceptions=True)
        assert [isinstance(result, Overloaded) for result in results] == [False, False, True]

    asyncio.run(two_of_three())


def test_a_job_that_cannot_begin_before_its_deadline_is_refused_at_once() -> None:
    queue = WorkerQueue(100)
    others: list[asyncio.Task[str]] = []

    async def hopeless() -> None:
        began = perf_counter()
        with pytest.raises(Overloaded, match="the caller's deadline"):
            await queue.run(lambda: None, WORK, began + 5, never)
        assert perf_counter() - began < 1
        others.append(asyncio.create_task(queue.run(lambda: "in time", WORK, perf_counter() + 60, never)))
        with pytest.raises(DeadlinePassed):
            await queue.run(lambda: None, WORK, perf_counter() - 1, never)

    async def scenario() -> None:
        await teach(queue, WORK, 10)
        await holding(queue, hopeless)
        assert await others[0] == "in time"

    asyncio.run(scenario())


def test_what_a_job_has_run_already_is_not_waited_for() -> None:
    queue = WorkerQueue(100)

    async def nearly_over() -> None:
        before, at_first, after = perf_counter(), queue.wait, perf_counter()
        await asyncio.sleep(0.05)
        later, now = perf_counter(), queue.wait
        assert later - after <= at_first - now <= perf_counter() - before

    async def scenario() -> None:
        await teach(queue, WORK, 60)
        await holding(queue, nearly_over)

    asyncio.run(scenario())


def test_a_job_that_failed_says_nothing_about_how_long_others_take() -> None:
    queue = WorkerQueue(100)

    async def fail_often() -> None:
        await teach(queue, WORK, 60)
        for _ in range(20):
            with pytest.raises(ZeroDivisionError):
                await queue.run(lambda: 1 // 0, WORK, math.inf, never)
        await holding(queue, still_long)

    async def still_long() -> None:
        assert queue.wait > 30

    asyncio.run(fail_often())


def test_job_does_not_begin_after_its_client_disconnected() -> None:
    queue = WorkerQueue(2)
    started: list[bool] = []

    async def goes() -> None:
        with pytest.raises(ClientDisconnected):
            await queue.run(lambda: started.append(True), WORK, math.inf, at_once)

    asyncio.run(holding(queue, goes))
    assert started == []


def test_job_does_not_begin_after_its_deadline() -> None:
    queue = WorkerQueue(2)
    started: list[bool] = []
    waits: list[asyncio.Task[None]] = []

    async def late() -> None:
        waits.append(asyncio.create_task(queue.run(lambda: started.append(True), WORK, perf_counter() + 0.005, never)))
        await asyncio.sleep(0.01)

    async def then_look() -> None:
        await holding(queue, late)
        with pytest.raises(DeadlinePassed):
            await waits[0]

    asyncio.run(then_look())
    assert started == []


def test_job_error_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        asyncio.run(WorkerQueue(1).run(lambda: 1 // 0, WORK, math.inf, never))


class Fault(Exception):
    """Ordinary errors do not say when they are gone."""


def test_job_error_is_freed_without_garbage_collection() -> None:
    async def scenario() -> weakref.ref[Fault]:
        def fails() -> None:
            raise Fault

        try:
            await WorkerQueue(1).run(fails, WORK, math.inf, never)
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
