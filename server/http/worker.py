"""The predictions that would delay the event loop: one thread makes them, and a bounded number may wait for it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import TypeVar

from server.errors import DeadlinePassed, Overloaded
from server.http.caller import Gone, cancel_on_disconnect

T = TypeVar("T")


class WorkerQueue:
    """length: how many wait or run now; a job whose caller has gone while it waits is never begun."""

    def __init__(self, size: int) -> None:
        self.length = 0
        self._size = size
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="predict")

    async def run(self, job: Callable[[], T], deadline: float, gone: Gone) -> T:
        """The job's result.

        deadline: the perf_counter() after which the job must not begin.
        Raises Overloaded at once when the backlog is full, DeadlinePassed, ClientDisconnected, and what the job raises.
        """
        if self.length >= self._size:
            raise Overloaded("queue", "The server has more predictions waiting than it can make soon; ask again.")
        loop = asyncio.get_running_loop()
        pending = self._executor.submit(_in_time, job, deadline)
        self.length += 1
        pending.add_done_callback(lambda _: loop.call_soon_threadsafe(self._leave))
        try:
            return await cancel_on_disconnect(asyncio.wrap_future(pending), gone)
        finally:
            pending.cancel()  # at once: where it waits it must not begin
            del pending  # an error would hold it, and it the error, until a garbage collection

    def _leave(self) -> None:
        self.length -= 1


def _in_time(job: Callable[[], T], deadline: float) -> T:
    if perf_counter() > deadline:
        raise DeadlinePassed
    return job()
