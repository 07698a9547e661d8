"""Reads the runs of both sides, and refuses those that cannot be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadtest.format import listed
from loadtest.report import scaling, summary, timeline, verdict
from loadtest.report.timeline import Run
from loadtest.users.load_second import LoadSecond
from loadtest.users.models import CannotRunError

# Shares of the machine's CPU time.
LOAD_DIFFERS = 0.2
CROWDED = 0.6


@dataclass(frozen=True)
class Repeat:
    """A run with its figures, which are those of `summary.json`."""

    folder: Path
    run: Run
    figures: dict[str, Any]

    @classmethod
    def read(cls, folder: Path) -> Repeat:
        run = timeline.read(folder)
        scaled = scaling.analyse(run)
        return cls(folder, run, summary.summarize(run, scaled, verdict.judge(run, scaled)))

    @property
    def kind(self) -> tuple[Any, ...]:
        """What must be the same in all runs."""
        shape = self.run.shape
        return (shape.stages, shape.traffic, shape.faults), dict(self.run.models), self.run.open

    def seconds(self, place: int) -> list[LoadSecond]:
        """Return the seconds of the stage at that place of the shape."""
        start, stage = self.run.shape.starts[place], self.run.shape.stages[place]
        inside = (second.load for second in self.run.loaded if start <= second.t < start + stage.seconds)
        return [load for load in inside if load is not None]


def find(pattern: str) -> list[Path]:
    """Return the run folders that a folder is or contains, or that a pattern such as `reports/2026-11-29T*` matches.

    Raises:
        CannotRunError: There is none.
    """
    path = Path(pattern)
    found = [path] if path.is_dir() else sorted(Path(path.anchor or ".").glob(str(path.relative_to(path.anchor))))
    runs = [folder for folder in found if (folder / "plan.json").exists()]
    runs = runs or sorted(plan.parent for folder in found for plan in folder.glob("*/plan.json"))
    folders = list({folder.resolve(): folder for folder in runs}.values())  # `latest` is one of the others
    if not folders:
        raise CannotRunError(f"There is no run in {pattern}.")
    return folders


def read(pattern: str) -> list[Repeat]:
    """Read the runs of one side. Raises CannotRunError or ValueError."""
    return [Repeat.read(folder) for folder in find(pattern)]


def check(a: Sequence[Repeat], b: Sequence[Repeat]) -> None:
    """Make sure that all runs made the same load to its end. Raises CannotRunError."""
    first = a[0]
    for repeat in (*a, *b):
        if repeat.run.interrupted:
            raise CannotRunError(f"{repeat.folder} was interrupted, so it cannot be compared.")
        names = ("shape", "models", "way to send")
        differing = [name for name, x, y in zip(names, first.kind, repeat.kind, strict=True) if x != y]
        if differing:
            raise CannotRunError(
                f"{repeat.folder} has another {listed(differing)} than {first.folder}. Compare runs of the same load."
            )


def warn(a: Sequence[Repeat], b: Sequence[Repeat]) -> str | None:
    """Say why the machine makes the comparison doubtful; None if it does not."""
    busy = [_busy(side) for side in (a, b)]
    if None in busy:
        return None
    was, is_now = (share or 0.0 for share in busy)
    if abs(was - is_now) <= LOAD_DIFFERS and max(was, is_now) <= CROWDED:
        return None
    return (
        f"With few users, the machine was {was:.0%} busy in A and {is_now:.0%} in B: a difference may be that of the "
        "machine. Let nothing else run, and measure both sides in turn."
    )


def _busy(side: Sequence[Repeat]) -> float | None:
    """Return how busy the machine was in the stage with the fewest users, in which it mostly had other work to do."""
    shares = []
    for repeat in side:
        stages = repeat.run.shape.stages
        place = min(range(len(stages)), key=lambda place: stages[place].users)
        shares += [second.machine_busy for second in repeat.seconds(place) if second.machine_busy is not None]
    return sum(shares) / len(shares) if shares else None
