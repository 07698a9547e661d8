"""Load shapes: how many users there are at each second of an experiment. Data, chosen by name.

One user of rows sends about five requests per second (`locustfile.py`), so 120 users make about 600 requests/s. Users
of pictures send fewer, in proportion to the CPU time that a picture takes.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise


@dataclass(frozen=True)
class Stage:
    """`seconds` with `users`: constant from the first second, or reached in a straight line (`ramp`)."""

    name: str
    seconds: int
    users: int
    ramp: bool = False


@dataclass(frozen=True)
class Shape:
    """Stages one after another; `scales` if the load is meant to scale the Deployment up and back to its minimum."""

    name: str
    about: str
    stages: tuple[Stage, ...]
    scales: bool = True

    @cached_property
    def duration(self) -> int:
        """Seconds of all stages together."""
        return sum(stage.seconds for stage in self.stages)

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """The second in which each stage begins."""
        return tuple(accumulate((stage.seconds for stage in self.stages[:-1]), initial=0))

    def stage_at(self, t: float) -> Stage | None:
        """Return the stage at `t` seconds from the start; None before the first and after the last."""
        for start, stage in zip(self.starts, self.stages, strict=True):
            if start <= t < start + stage.seconds:
                return stage
        return None

    def users_at(self, t: float) -> int:
        """Return the users at `t` seconds from the start; 0 before the first stage and after the last."""
        before = 0
        for start, stage in zip(self.starts, self.stages, strict=True):
            if start <= t < start + stage.seconds:
                share = (t - start) / stage.seconds if stage.ramp else 1.0
                return round(before + share * (stage.users - before))
            before = stage.users
        return 0

    @cached_property
    def rises(self) -> tuple[int, ...]:
        """The seconds in which a stage begins that adds users."""
        return self._turns(up=True)

    @cached_property
    def falls(self) -> tuple[int, ...]:
        """The seconds in which a stage begins that removes users."""
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
            "a straight line up, to see at which load the autoscaler reacts",
            (
                Stage("warm-up", 30, 1),
                Stage("ramp", 180, 160, ramp=True),
                Stage("hold", 60, 160),
                Stage("cool-down", 150, 1),
            ),
        ),
        Shape(
            "step",
            "a staircase, to see what each additional load costs",
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
            "ten seconds, to check that everything works",
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
