"""The file of a load's seconds, joined from the one process or the several that make the load."""

import json
import math
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from loadtest.users.load_second import LoadSecond

PROCESS_LOST = 3  # Locust's exit status if one of its processes did not stay to the end


class SecondsFile:
    """Writes a second once every process has sent it or a later one, so that no line lacks a part of the load.

    A process that disappears stops the file: the seconds after it, and the line that ends the file, are not written.
    """

    def __init__(self, path: Path, processes: Iterable[str], requests_per_user: float | None) -> None:
        """Begin the file.

        Args:
            path: The file.
            processes: The names of all processes whose seconds it joins.
            requests_per_user: What one user offers per second; None if unknown.
        """
        self.path = path
        path.write_text("", encoding="utf-8")
        self.sent: dict[str, float] = dict.fromkeys(processes, -math.inf)  # the last second of each, inf at its end
        self.parts: dict[int, LoadSecond] = {}
        self._write({"start": time.time(), "requests_per_user": requests_per_user})

    @property
    def unfinished(self) -> set[str]:
        """The processes that have not sent their last second."""
        return {process for process, t in self.sent.items() if t < math.inf}

    def receive(self, process: str, line: Mapping[str, Any]) -> None:
        """Take a second of one process, in the form of `LoadSecond.to_dict`, or an empty line after its last one."""
        if line:
            second = LoadSecond.from_dict(line)
            self.parts.setdefault(second.t, LoadSecond(second.t)).add(second)
        self.sent[process] = line.get("t", math.inf)
        complete = min(self.sent.values())
        for t in sorted(t for t in self.parts if t <= complete):
            self._write(self.parts.pop(t).to_dict())
        if not self.unfinished:
            self._write({"end": time.time()})

    def _write(self, line: Mapping[str, Any]) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, separators=(",", ":")) + "\n")
