"""Load shapes: how many users there are at each second of an experiment. Data, chosen by name.

One user of rows sends about five requests per second (`locustfile.py`), so 120 users make about 600 requests/s. Users
of pictures send fewer, in proportion to the CPU time that a picture takes.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, pairwise
from operator import itemgetter
from typing import Any

from loadtest.faults.fault import Fault

MOST_USERS = 20_000  # about as many send the highest rate that recorded traffic may have


@dataclass(frozen=True)
class Stage:
    """`seconds` with `users`: constant from the first second, or reached in a straight line (`ramp`)."""

    name: str
    seconds: int
    users: int
    ramp: bool = False


@dataclass(frozen=True)
class Shape:
    """Stages one after another.

    Attributes:
        scales: The load is meant to scale the Deployment up and back to its minimum.
        saturates: It is more than the minimum of pods can hold: the objectives break, and hold again with more pods.
        traffic: Where it repeats recorded traffic, each second in which the rate changes, with the requests per second
            from then on. The users follow from it.
        faults: What is broken meanwhile, one after another.
    """

    name: str
    about: str
    stages: tuple[Stage, ...]
    scales: bool = True
    saturates: bool = False
    traffic: tuple[tuple[int, float], ...] = ()
    faults: tuple[Fault, ...] = ()

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> "Shape":
        """Return the shape that `asdict` took apart for a plan.json."""
        stages = tuple(Stage(**stage) for stage in fields["stages"])
        traffic = tuple((second, rate) for second, rate in fields.get("traffic", ()))  # older plans have none
        faults = tuple(Fault(**fault) for fault in fields.get("faults", ()))
        return cls(**{**fields, "stages": stages, "traffic": traffic, "faults": faults})

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

    def rate_at(self, t: float) -> float:
        """Return the requests per second of recorded traffic at `t` seconds from the start; 0 outside of it."""
        if not 0 <= t < self.duration:
            return 0.0
        return self.traffic[bisect_right(self.traffic, t, key=itemgetter(0)) - 1][1]

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

    def lasting(self, hours: float) -> "Shape":
        """Return the shape with a last stage that ends so many hours after its start. Raises ValueError."""
        if self.traffic:
            raise ValueError(f"{self.name} lasts as long as it was recorded: --faster changes that, not --hours.")
        *stages, last = self.stages
        seconds = round(hours * 3600) - (self.duration - last.seconds)
        if seconds <= 0:
            raise ValueError(f"{hours:g} hours are less than what {self.name} takes before its last stage.")
        return replace(self, stages=(*stages, replace(last, seconds=seconds)))

    def scaled(self, factor: float) -> "Shape":
        """Return the shape with so many times the users in each stage, but at least one. Raises ValueError."""
        stages = tuple(replace(stage, users=max(1, round(stage.users * factor))) for stage in self.stages)
        if (most := max(stage.users for stage in stages)) > MOST_USERS:
            raise ValueError(f"{self.name} would have {most:,} users. A load test has at most {MOST_USERS:,}.")
        return replace(self, stages=stages)

    def with_faults(self, faults: Iterable[Fault]) -> "Shape":
        """Return the shape with faults besides its own. Raises ValueError if two overlap or one is too late."""
        ordered = tuple(sorted((*self.faults, *faults), key=lambda fault: fault.t))
        for before, after in pairwise(ordered):
            if after.t < max(before.end, before.t + 1):
                raise ValueError(
                    f"{before.kind} at {before.t} s lasts until {before.end} s, so {after.kind} at {after.t} s would "
                    "overlap it, and nobody could tell which of them cost what."
                )
        if ordered and ordered[-1].end >= self.duration:
            last = ordered[-1]
            raise ValueError(f"{last.kind} ends at {last.end} s, but the load at {self.duration} s.")
        return replace(self, faults=ordered)


WARM_UP, COOL_DOWN = Stage("warm-up", 30, 1), Stage("cool-down", 150, 1)
SHAPES = {
    shape.name: shape
    for shape in (
        Shape(
            "demo",
            "one step up and back, long enough for the autoscaler to go 1 → 3 → 1",
            (WARM_UP, Stage("load", 120, 120), COOL_DOWN),
        ),
        Shape(
            "ramp",
            "a straight line up, to see at which load the autoscaler reacts",
            (WARM_UP, Stage("ramp", 180, 160, ramp=True), Stage("hold", 60, 160), COOL_DOWN),
        ),
        Shape(
            "step",
            "a staircase, to see what each additional load costs",
            (WARM_UP, *(Stage(f"step {number}", 60, 40 * number) for number in (1, 2, 3, 4)), COOL_DOWN),
        ),
        Shape(
            "spike",
            "a sudden burst, to see what is lost before new pods are ready",
            (Stage("warm-up", 60, 1), Stage("spike", 45, 240), Stage("cool-down", 180, 1)),
        ),
        Shape(
            "saturate",
            "more than one pod of k8s/saturate holds, to see what the autoscaler is for",
            (WARM_UP, Stage("load", 120, 200), COOL_DOWN),
            saturates=True,
        ),
        Shape(
            "faults",
            "a constant load while pods and the cluster around them fail, to see what callers notice",
            (Stage("rise", 60, 90), Stage("faults", 420, 90)),
            scales=False,
            faults=(
                Fault("delete-pod", 60, 0),
                Fault("evict-pod", 90, 0),
                Fault("kill-container", 120, 0),
                Fault("rolling-update", 150, 0),
                Fault("broken-model", 210, 30),
                Fault("stop-metrics-server", 260, 60),
                Fault("lose-packets", 340, 30),
                Fault("burn-cpu", 390, 30),
                Fault("drain-node", 430, 30),
            ),
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
