"""One line of figures while an experiment runs: rewritten in place on a terminal, every few seconds elsewhere."""

import json
import shutil
import sys
from pathlib import Path
from typing import IO, Any

from loadtest.format import clock, number, plural
from loadtest.shapes import Shape
from loadtest.users.load_second import LoadSecond, percentile

EVERY = 5  # seconds between lines where there is no terminal
CLEAR = "\r\x1b[2K"


class Progress:
    """Reads the load's file as it grows, and shows its last whole second beside the last state of the cluster."""

    def __init__(self, shape: Shape, load: Path, out: IO[str] = sys.stdout) -> None:
        self.shape = shape
        self.load = load
        self.out = out
        self.read = 0
        self.rest = ""
        self.start: float | None = None
        self.second: LoadSecond | None = None
        self.wrong = 0
        self.shown = -EVERY

    def follow(self) -> None:
        """Take in the lines that were written since the last call."""
        if not self.load.exists():
            return
        with self.load.open(encoding="utf-8") as file:
            file.seek(self.read)
            *whole, self.rest = (self.rest + file.read()).split("\n")
            self.read = file.tell()
        for line in map(json.loads, whole):
            if "t" in line:
                self.second = LoadSecond.from_dict(line)
                self.wrong += self.second.failed + self.second.lost
            self.start = line.get("start", self.start)

    def line(self, now: float, state: dict[str, Any] | None) -> str:
        """`2:10 of 5:00 · 70 users · 702 req/s · p99 6.2 ms · 0 failed · CPU 64 % of 20 % · 3 of 3 ready`."""
        t = now - self.start if self.start is not None else 0
        parts = [f"{clock(t)} of {clock(self.shape.duration)}"]
        if self.second is not None:
            p99 = percentile(self.second.latency_ms, 0.99)
            parts += [plural(self.second.users, "user"), f"{self.second.sent} req/s"]
            parts += [f"p99 {number(p99)} ms" if p99 is not None else "p99 –", f"{number(self.wrong)} failed"]
        if state is not None:
            parts.append(of_cluster(state))
        return " · ".join(parts)

    def show(self, now: float, state: dict[str, Any] | None) -> None:
        self.follow()
        if self.out.isatty():
            width = shutil.get_terminal_size().columns - 1  # a line that wraps cannot be rewritten
            self.out.write(CLEAR + self.line(now, state)[:width])
        elif self.start is not None and now - self.shown >= EVERY:
            self.shown = int(now)
            self.out.write(self.line(now, state) + "\n")
        self.out.flush()

    def end(self) -> None:
        """Leave the terminal's line behind."""
        if self.out.isatty():
            self.out.write("\n")


def of_cluster(state: dict[str, Any]) -> str:
    if "missing" in state:
        return f"cluster not seen: {state['missing']}"
    hpa, ready = state["hpa"], state["ready"]
    cpu = "–" if hpa["cpu"] is None else hpa["cpu"]
    return f"CPU {cpu} % (target {hpa['target']} %) · {ready} of {plural(hpa['desired'], 'pod')} ready"
