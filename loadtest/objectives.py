"""What an experiment must show to pass: spelled here and nowhere else.

The limits suit a machine of two cores that carries the load generator, the cluster and the pods together.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Objective:
    """Held when what was seen is at most `limit`. `scaling`: asked only where a cluster is to be observed."""

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
    Objective("minimum_s", "Load gone to back at the minimum", 150, "s", scaling=True),
)
