"""The objectives that an experiment must meet to pass.

The limits suit a machine with two cores that runs the load generator, the cluster and the pods together.
"""

from dataclasses import dataclass
from enum import Enum, auto

from loadtest.users.schedule import LATE_MS


class Runs(Enum):
    """The runs that an objective applies to."""

    ALL = auto()
    HOLDING = auto()  # whose shape is not meant to break the objectives
    SATURATING = auto()
    SCALING = auto()  # whose shape is meant to scale, where a cluster is observed
    OPEN = auto()  # that sent requests by schedule


@dataclass(frozen=True)
class Objective:
    """Met if the measured value is at most `limit`."""

    key: str
    name: str
    limit: float
    unit: str
    runs: Runs


DAY = 24 * 3600  # seconds
P99 = Objective("latency_p99_ms", "p99 latency over the whole run", 250, "ms", Runs.HOLDING)
ERRORS = Objective("error_percent", "Requests failed or lost", 0, "%", Runs.ALL)
UPTIME = Objective("error_percent", "Requests failed or lost over a day: availability of 99.99 %", 0.01, "%", Runs.ALL)
OBJECTIVES = (
    P99,
    ERRORS,
    Objective("late_percent", f"Requests sent {LATE_MS:g} ms late or later", 1, "%", Runs.OPEN),
    Objective("decision_s", "Load step to the autoscaler’s first decision", 60, "s", Runs.SCALING),
    Objective("ready_s", "That decision to its pods being ready", 30, "s", Runs.SCALING),
    Objective("held_again_s", "Load step to p99 and failures within their objectives again", 45, "s", Runs.SATURATING),
    Objective("minimum_s", "Load gone to back at the minimum of pods", 150, "s", Runs.SCALING),
)


def objectives(seconds: float) -> tuple[Objective, ...]:
    """Return the objectives of a load of so many seconds. A whole day is an uptime check: one in 10,000 may fail."""
    return tuple(UPTIME if each is ERRORS and seconds >= DAY else each for each in OBJECTIVES)
