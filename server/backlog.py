"""The predictions that would delay the event loop: one thread makes them, and a bounded number may wait for it."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from time import perf_counter
from typing import Any, TypeVar

from server.errors import DeadlinePassed, Overloaded

T = TypeVar("T")


class CallerGone(Exception):
    """The caller closed the connection; nobody waits for an answer."""


class Backlog:
    """length: how many wait or run now; a job whose caller has gone while it waits is never begun."""

    def __init__(self, size: int) -> None:
        self.length = 0
        self._size = size
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="predict")

    async def run(self, job: Callable[[], T], deadline: float, gone: Callable[[], Awaitable[object]]) -> T:
        """The job's result. `gone` returns when the caller has gone.

        deadline: the perf_counter() after which the job must not begin.
        Raises Overloaded at once when the backlog is full, DeadlinePassed, CallerGone, and what the job raises.
        """
        if self.length >= self._size:
            raise Overloaded("queue", "The server has more predictions waiting than it can make soon; ask again.")
        loop = asyncio.get_running_loop()
        pending = self._executor.submit(_in_time, job, deadline)
        self.length += 1
        pending.add_done_callback(lambda _: loop.call_soon_threadsafe(self._leave))
        result = asyncio.wrap_future(pending)
        leaving = asyncio.ensure_future(gone())
        both: list[asyncio.Future[Any]] = [result, leaving]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if result.done():
                return result.result()
            raise CallerGone
        finally:
            leaving.cancel()
            _abandon(pending, result)

    def _leave(self) -> None:
        self.length -= 1


def _in_time(job: Callable[[], T], deadline: float) -> T:
    if perf_counter() > deadline:
        raise DeadlinePassed
    return job()


def _abandon(pending: Future[T], result: asyncio.Future[T]) -> None:
    """Take a job that waits out of the queue, and let nobody be told of what one that runs comes to."""
    pending.cancel()
    if not result.done():
        result.cancel()
