"""One line of the log for each request, written some at a time: a write for each would cost as much as a prediction."""

import asyncio
import contextlib
import sys
import time

FLUSH_SECONDS = 0.1
FLUSH_LINES = 64
"""So that what waits stays small, however many ask."""


class AccessLog:
    """Lines as server/log.py writes them. Every value is one of ours or was checked, so none needs escaping."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._timer: asyncio.TimerHandle | None = None
        self._second = -1
        self._date = ""

    def note(self, route: str, method: str, status: int, seconds: float, request_id: str) -> None:
        """Needs a running event loop, which writes the line a moment later."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._in_time)
        self._lines.append(
            f'{{"time":"{self._now()}","level":"info","message":"request","route":"{route}","method":"{method}",'
            f'"status":{status},"ms":{seconds * 1e3:.2f},"id":"{request_id}"}}\n'
        )
        if len(self._lines) >= FLUSH_LINES:
            self.flush()

    def flush(self) -> None:
        lines, self._lines = self._lines, []
        # A log that cannot be written, its reader gone or the disk full, must not stop the answers.
        with contextlib.suppress(OSError):
            sys.stdout.write("".join(lines))
            sys.stdout.flush()

    def _in_time(self) -> None:
        self._timer = None
        self.flush()

    def _now(self) -> str:
        now = time.time()
        second = int(now)
        if second != self._second:
            self._second = second
            self._date = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        return f"{self._date}.{int(now % 1 * 1000):03d}+00:00"
