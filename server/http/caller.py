"""Work that goes on only as long as its caller waits for it."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any, TypeVar

from server.errors import DeadlinePassed

T = TypeVar("T")

Gone = Callable[[], Awaitable[object]]
"""Returns when the caller has gone."""


class ClientDisconnected(Exception):
    """The caller closed the connection; nobody waits for an answer."""


async def cancel_on_disconnect(work: Awaitable[T], gone: Gone, deadline: float = math.inf) -> T:
    """The work's result. deadline: the perf_counter() until which the caller waits.

    Raises ClientDisconnected, DeadlinePassed, and what the work raises; whatever is raised, the work is cancelled.
    """
    result = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(gone())
    both: list[asyncio.Future[Any]] = [result, leaving]
    left = None if deadline == math.inf else deadline - perf_counter()
    try:
        await asyncio.wait(both, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        if result.done():
            return result.result()
        raise ClientDisconnected if leaving.done() else DeadlinePassed
    finally:
        leaving.cancel()
        result.cancel()
        del work, result, both  # an error would hold them, and they the error, until a garbage collection
