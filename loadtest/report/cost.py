"""What a run cost: pod-seconds, the CPU that they asked for and used, and money where there is a price.

Next to what ran stand the maximum of pods throughout, and the pods that the autoscaler's target calls for in each
second: an ideal autoscaler without delay.
"""

import math
from collections.abc import Sequence
from typing import Any

from loadtest.report.cluster_state import Cluster
from loadtest.report.pod_shares import PodShare
from loadtest.report.timeline import Run

HOUR = 3600
MONTH = 730  # hours, as in `plan size`


def summarize(run: Run, shares: Sequence[PodShare]) -> dict[str, Any]:
    """Return the `cost` of `summary.json` of a run that observed its cluster."""
    states = [state for t, state in run.states if 0 <= t < run.duration]
    requests = [pod.request for state in states for pod in state.pods if pod.request]
    request = sum(requests) / len(requests) / 1000 if requests else None
    ideal = [_called_for(state, request) for state in states]
    known = [cores for state in states if (cores := _used(state)) is not None]
    used = sum(known) if known else None
    right = sum(s.load.sent - s.load.failed - s.load.lost for s in run.loaded if s.load is not None and s.cluster)
    pods = {
        "pod_seconds": sum(share.seconds for share in shares),
        "at_maximum_pod_seconds": max(state.maximum for _, state in run.states) * run.duration,
        "at_target_pod_seconds": None if used is None or None in ideal else sum(count or 0 for count in ideal),
    }
    return pods | {
        "cores_per_pod": round(request, 4) if request is not None else None,
        "used_core_seconds": round(used, 2) if used is not None else None,
        "requests_per_core_second": round(right / used, 1) if used else None,
        "price_per_core_hour": run.plan.get("price"),
    }


def _used(state: Cluster) -> float | None:
    """Return the cores that the pods used; None if that of no pod is known."""
    known = [pod.millicores for pod in state.pods if pod.millicores is not None]
    return sum(known) / 1000 if known else None


def _called_for(state: Cluster, request: float | None) -> int | None:
    """Return how many pods bring the CPU that was used to the target; None if there is no target.

    Where the CPU is not known, the autoscaler keeps the pods that there are.
    """
    if request is None or not state.target:
        return None
    if (used := _used(state)) is None:
        return len(state.pods)
    wanted = math.ceil(used / (request * state.target / 100) - 1e-9)
    return min(max(wanted, state.minimum), state.maximum)


def rows(cost: dict[str, Any], duration: int) -> list[dict[str, Any]]:
    """Return the rows of the report's table: pod-seconds, core-hours, and the money of a month of such load."""
    cores, price = cost["cores_per_pod"], cost["price_per_core_hour"]
    found = []
    for name, key in (
        ("As it ran", "pod_seconds"),
        ("The maximum of pods throughout", "at_maximum_pod_seconds"),
        ("As many as the target calls for, at once", "at_target_pod_seconds"),
    ):
        seconds = cost[key]
        hours = seconds * cores / HOUR if None not in (seconds, cores) else None
        money = hours * price * MONTH * HOUR / duration if None not in (hours, price) else None
        found.append({"name": name, "pod_seconds": seconds, "core_hours": hours, "money": money})
    return found
