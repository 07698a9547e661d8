"""Predictions that would delay the event loop: one thread makes them, and a bounded number may wait for it."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from time import perf_counter
from typing import Any, TypeVar

from server.errors import DeadlinePassed, Overloaded

# A closed connection frees its place after about eight turns of the event loop: to read the end, to close the
# transport, to wake what waits and to cancel it. A full queue refuses nobody before those turns: the next client after
# 32 that had left got a 503 in 13 of 200 trials, and since then in none.
DEPARTURE_TURNS = 10

T = TypeVar("T")

Disconnect = Callable[[], Awaitable[object]]  # returns when the client has disconnected


class ClientDisconnected(Exception):
    """The client closed the connection; nobody waits for a response."""


class WorkerQueue:
    """A bounded queue in front of one worker thread.

    A job whose client disconnects while the job waits never begins.

    Attributes:
        length: Requests that wait or run now. Several may wait for one job; see server/batching.py.
    """

    def __init__(self, size: int) -> None:
        self.length = 0
        self._size = size
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="predict")

    async def run(self, job: Callable[[], T], deadline: float, disconnect: Disconnect) -> T:
        """Run a job on the worker thread and return its result.

        Args:
            job: What to run.
            deadline: The perf_counter() after which the job must not begin.
            disconnect: Returns when the client has disconnected.

        Raises:
            Overloaded: The queue is full.
            DeadlinePassed: The job's turn came after the deadline.
            ClientDisconnected: The client disconnected before the job ended.
        """
        await self.enter()
        loop = asyncio.get_running_loop()
        pending = self.submit(partial(_run_in_time, job, deadline))
        pending.add_done_callback(lambda _: loop.call_soon_threadsafe(self.leave))
        try:
            return await cancel_on_disconnect(asyncio.wrap_future(pending), disconnect)
        finally:
            pending.cancel()  # if it still waits, it must not begin
            del pending  # break the cycle exception → traceback → frame → future, which only the GC would free

    async def enter(self) -> None:
        """Take a place in the queue. Raises Overloaded if there is none."""
        for _ in range(DEPARTURE_TURNS):
            if self.length < self._size:
                break
            await asyncio.sleep(0)
        if self.length >= self._size:
            raise Overloaded("queue", "Server overloaded: the prediction queue is full. Retry later.")
        self.length += 1

    def leave(self) -> None:
        self.length -= 1

    def submit(self, job: Callable[[], T]) -> Future[T]:
        """Run a job on the worker thread after those submitted earlier."""
        return self._executor.submit(job)


async def cancel_on_disconnect(work: Awaitable[T], disconnect: Disconnect, deadline: float = math.inf) -> T:
    """Return the result of work, which is cancelled if it does not end first.

    Args:
        work: What to await.
        disconnect: Returns when the client has disconnected.
        deadline: The perf_counter() until which the client waits.

    Raises:
        ClientDisconnected: The client disconnected first.
        DeadlinePassed: The deadline passed first.
    """
    result = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(disconnect())
    both: list[asyncio.Future[Any]] = [result, leaving]
    remaining = None if deadline == math.inf else deadline - perf_counter()
    try:
        await asyncio.wait(both, timeout=remaining, return_when=asyncio.FIRST_COMPLETED)
        if result.done():
            return result.result()
        raise ClientDisconnected if leaving.done() else DeadlinePassed
    finally:
        leaving.cancel()
        result.cancel()
        del work, result, both  # break the cycle exception → traceback → frame → future, as above


def _run_in_time(job: Callable[[], T], deadline: float) -> T:
    if perf_counter() > deadline:
        raise DeadlinePassed
    return job()
