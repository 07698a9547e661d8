"""How many users there are at each second of an experiment: shapes as data, chosen by name.

One user asks about five times a second for rows (`locustfile.py`), so 120 users are about 600 requests/s; users of
pictures ask less often by as much as a picture costs more.
"""

from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Stage:
    """A stretch of `seconds` that ends at `users`: held from its first second, or reached in a straight line."""

    name: str
    seconds: int
    users: int
    ramp: bool = False


@dataclass(frozen=True)
class Shape:
    """Stages one after another. `scales`: the load is meant to take the Deployment up and back to its minimum."""

    name: str
    about: str
    stages: tuple[Stage, ...]
    scales: bool = True

    @property
    def duration(self) -> int:
        return sum(stage.seconds for stage in self.stages)

    @property
    def starts(self) -> tuple[int, ...]:
        """The second at which each stage begins."""
        return tuple(sum(stage.seconds for stage in self.stages[:i]) for i in range(len(self.stages)))

    def stage_at(self, t: float) -> Stage | None:
        """The stage at `t` seconds from the start; None before the first and after the last."""
        for start, stage in zip(self.starts, self.stages, strict=True):
            if start <= t < start + stage.seconds:
                return stage
        return None

    def users_at(self, t: float) -> int:
        """Users asked for at `t` seconds from the start; 0 before the first stage and after the last."""
        before = 0
        for start, stage in zip(self.starts, self.stages, strict=True):
            if start <= t < start + stage.seconds:
                share = (t - start) / stage.seconds if stage.ramp else 1.0
                return round(before + share * (stage.users - before))
            before = stage.users
        return 0

    @property
    def rises(self) -> tuple[int, ...]:
        """The seconds at which a stage begins that brings more users than the one before it."""
        return self._turns(up=True)

    @property
    def falls(self) -> tuple[int, ...]:
        """The seconds at which a stage begins that takes users away."""
        return self._turns(up=False)

    def _turns(self, *, up: bool) -> tuple[int, ...]:
        levels = (0, *(stage.users for stage in self.stages))
        moves = zip(self.starts, pairwise(levels), strict=True)
        return tuple(start for start, (before, after) in moves if (after > before if up else after < before))


SHAPES = {
    shape.name: shape
    for shape in (
        Shape(
            "demo",
            "one step up and back, long enough for the autoscaler to go 1 → 3 → 1",
            (Stage("warm-up", 30, 1), Stage("load", 120, 120), Stage("cool-down", 150, 1)),
        ),
        Shape(
            "ramp",
            "a straight line up, to see at which load the autoscaler moves",
            (
                Stage("warm-up", 30, 1),
                Stage("ramp", 180, 160, ramp=True),
                Stage("hold", 60, 160),
                Stage("cool-down", 150, 1),
            ),
        ),
        Shape(
            "step",
            "a staircase, to see what each further load costs",
            (
                Stage("warm-up", 30, 1),
                *(Stage(f"{users} users", 60, users) for users in (40, 80, 120, 160)),
                Stage("cool-down", 150, 1),
            ),
        ),
        Shape(
            "spike",
            "a sudden burst, to see what is lost before new pods are ready",
            (Stage("warm-up", 60, 1), Stage("spike", 45, 240), Stage("cool-down", 180, 1)),
        ),
        Shape(
            "smoke",
            "ten seconds, to see that everything is in place",
            (Stage("few", 4, 6), Stage("more", 6, 20)),
            scales=False,
        ),
        Shape(
            "soak",
            "the same load for half an hour, to see whether anything drifts",
            (Stage("rise", 60, 60, ramp=True), Stage("soak", 1740, 60)),
            scales=False,
        ),
    )
}
