"""One line of figures while an experiment runs: rewritten in place on a terminal, printed now and then elsewhere."""

import json
import shutil
import sys
from pathlib import Path
from typing import IO, Any

from loadtest.format import clock, number, plural
from loadtest.shapes import Shape
from loadtest.users.load_second import LoadSecond, percentile

INTERVAL = 5  # seconds between lines without a terminal
CLEAR = "\r\x1b[2K"


class Progress:
    """Reads the load's file as it grows, and shows its last complete second with the last state of the cluster."""

    def __init__(self, shape: Shape, load: Path, out: IO[str] = sys.stdout) -> None:
        self.shape = shape
        self.load = load
        self.out = out
        self.position = 0
        self.partial_line = ""
        self.start: float | None = None
        self.second: LoadSecond | None = None
        self.failures = 0
        self.last_shown = -INTERVAL

    def follow(self) -> None:
        """Read the lines that were written since the last call."""
        if not self.load.exists():
            return
        with self.load.open(encoding="utf-8") as file:
            file.seek(self.position)
            *lines, self.partial_line = (self.partial_line + file.read()).split("\n")
            self.position = file.tell()
        for line in map(json.loads, lines):
            if "t" in line:
                self.second = LoadSecond.from_dict(line)
                self.failures += self.second.failed + self.second.lost
            self.start = line.get("start", self.start)

    def line(self, now: float, state: dict[str, Any] | None) -> str:
        """Return `2:10 of 5:00 · 70 users · 702 req/s · p99 6.2 ms · 0 failed · CPU 64 % (target 20 %) · …`."""
        t = now - self.start if self.start is not None else 0
        parts = [f"{clock(t)} of {clock(self.shape.duration)}"]
        if self.second is not None:
            p99 = percentile(self.second.latency_ms, 0.99)
            parts += [plural(self.second.users, "user"), f"{self.second.sent} req/s"]
            parts += [f"p99 {number(p99)} ms" if p99 is not None else "p99 –", f"{number(self.failures)} failed"]
        if state is not None:
            parts.append(_describe_cluster(state))
        return " · ".join(parts)

    def show(self, now: float, state: dict[str, Any] | None) -> None:
        self.follow()
        if self.out.isatty():
            width = shutil.get_terminal_size().columns - 1  # a wrapped line cannot be rewritten
            self.out.write(CLEAR + self.line(now, state)[:width])
        elif self.start is not None and now - self.last_shown >= INTERVAL:
            self.last_shown = int(now)
            self.out.write(self.line(now, state) + "\n")
        self.out.flush()

    def end(self) -> None:
        """Leave the last line on the terminal."""
        if self.out.isatty():
            self.out.write("\n")


def _describe_cluster(state: dict[str, Any]) -> str:
    if "missing" in state:
        return f"cluster not observed: {state['missing']}"
    hpa, ready = state["hpa"], state["ready"]
    cpu = "–" if hpa["cpu"] is None else hpa["cpu"]
    return f"CPU {cpu} % (target {hpa['target']} %) · {ready} of {plural(hpa['desired'], 'pod')} ready"
