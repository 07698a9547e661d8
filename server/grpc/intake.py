"""Receives the messages of calls, a bounded number at a time, and gives up on those that come too slowly.

gRPC tells nothing of a message before all of it is here. So the number of calls that receive one at a time bounds the
memory: one that waits for its turn can send no more than gRPC's window of 64 KiB.
"""

import asyncio
from typing import Any, cast

from server.errors import TooSlow
from server.http.timeouts import BODY_BYTES_PER_SECOND, Timeouts

Task = asyncio.Task[object]


class Intake:
    """Receives messages.

    Args:
        places: How many are received at a time.
        max_message_bytes: The length of the longest.
        timeouts: A message may take as long as an HTTP body of that length.
    """

    def __init__(self, places: int, max_message_bytes: int, timeouts: Timeouts) -> None:
        self._places = places
        self._seconds = timeouts.body + max_message_bytes / BODY_BYTES_PER_SECOND
        self._settled = timeouts.settled
        self._receiving: dict[Task, float] = {}  # and since when, the longest first
        self._waiting: list[asyncio.Future[None]] = []
        self._late: set[Task] = set()

    async def receive(self, context: Any) -> object:
        """Return the message of the call that the running task answers, or grpc.aio.EOF if it has none.

        Raises:
            TooSlow: It does not come in time, or not for a while, and others wait.
        """
        loop = asyncio.get_running_loop()
        if len(self._receiving) >= self._places:
            await self._turn(loop)
        task = cast(Task, asyncio.current_task())
        self._receiving[task] = loop.time()
        timer = loop.call_later(self._seconds, self._give_up, task)
        try:
            return await context.read()
        except asyncio.CancelledError:
            if task not in self._late:
                raise  # the caller has gone
            task.uncancel()
            raise TooSlow("The message came too slowly. Send it in one piece.") from None
        finally:
            timer.cancel()
            del self._receiving[task]
            self._late.discard(task)
            self._wake()

    async def _turn(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wait for a place. The last to come goes first: those who send nothing cannot line up before the others."""
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append(turn)
        try:
            while not turn.done():
                longest, since = next(iter(self._receiving.items()))
                if loop.time() - since > self._settled:
                    self._give_up(longest)
                await asyncio.wait([turn], timeout=self._settled)
        except asyncio.CancelledError:
            if turn.done():
                self._wake()  # another takes the place
            else:
                self._waiting.remove(turn)
            raise

    def _wake(self) -> None:
        if self._waiting:
            self._waiting.pop().set_result(None)

    def _give_up(self, task: Task) -> None:
        if task in self._receiving and task not in self._late:
            self._late.add(task)
            task.cancel()
