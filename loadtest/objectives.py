"""The objectives that an experiment must meet to pass.

The limits suit a machine with two cores that runs the load generator, the cluster and the pods together.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Objective:
    """Met if the measured value is at most `limit`; `scaling` ones only apply where a cluster is observed."""

    key: str
    name: str
    limit: float
    unit: str
    scaling: bool = False


P99 = Objective("latency_p99_ms", "p99 latency over the whole run", 250, "ms")
OBJECTIVES = (
    P99,
    Objective("error_percent", "Requests failed or lost", 0, "%"),
    Objective("decision_s", "Load step to the autoscaler’s first decision", 60, "s", scaling=True),
    Objective("ready_s", "That decision to its pods being ready", 30, "s", scaling=True),
    Objective("minimum_s", "Load gone to back at the minimum of pods", 150, "s", scaling=True),
)
