"""The page of a run folder as it grows: drawn when somebody asks for it, and no more often than is cheap."""

import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from loadtest.report import chart, page, scaling, summary, timeline, verdict

INTERVAL = 2.0  # seconds from one drawing to the next
SHARE = 0.1  # of one core, which drawing may take in the long run
LOOK_AGAIN = 0.5  # seconds, while the run has no request
LAYOUTS = {layout.name: layout for layout in chart.LAYOUTS}


@dataclass(frozen=True)
class Drawn:
    """One state of the page; a later one has a higher number."""

    number: int
    html: bytes


class Drawing:
    """Draws the page for all who watch it, in the layout that each one's window needs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ended = threading.Event()
        self.lock = threading.Lock()
        self.number = 0
        self.due = 0.0
        self.last: dict[str, Drawn] = {}
        self.fault = ""

    def next(self, layout: str, after: int) -> Drawn | None:
        """Return the first state after number `after`, once it can be had; None if the run ends before that."""
        with self.lock:
            while not self.ended.is_set():
                drawn = self.last.get(layout)
                if drawn is not None and drawn.number > after:
                    return drawn
                if self.ended.wait(self.due - time.monotonic()):
                    break
                self._draw(layout)
        return None

    def report(self) -> bytes | None:
        """Wait for the end of the run, and return its report; None if there is none."""
        self.ended.wait()
        path = self.folder / "report.html"
        return path.read_bytes() if path.exists() else None

    def _draw(self, layout: str) -> None:
        began = time.process_time()
        try:
            html = self._render(layout)
        except Exception as error:  # those who watch keep the last state, and wait for the next one
            self._complain(f"The live page cannot be drawn: {error!r}")
            html = None
        if html is not None:
            self.number += 1
            self.last[layout] = Drawn(self.number, html.encode())
        pause = INTERVAL if html is not None else LOOK_AGAIN
        self.due = time.monotonic() + max(pause, (time.process_time() - began) / SHARE)

    def _render(self, layout: str) -> str | None:
        """Return the page as it is now; None if there is no second yet, or a file is being replaced."""
        try:
            run = timeline.read(self.folder, running=True)
        except (FileNotFoundError, ValueError):
            return None
        scaled = scaling.analyse(run)
        judgement = verdict.judge(run, scaled)
        figures = summary.summarize(run, scaled, judgement)
        return page.render(run, scaled, judgement, figures, [LAYOUTS[layout]])

    def _complain(self, fault: str) -> None:
        """Say it on the terminal, and not again every two seconds."""
        if fault != self.fault:
            print(fault, file=sys.stderr)
        self.fault = fault
