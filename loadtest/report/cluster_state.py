"""The cluster in one second of a run, from a line of `cluster.jsonl`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Pod:
    """One pod in one second.

    Attributes:
        leaving: It was asked to stop.
        millicores: CPU used, in thousandths of a core; None if unknown.
        request: CPU requested, in thousandths of a core; None if there is no request.
        restarts: Restarts of its containers so far.
        ended: Kubernetes' word for why a container last ended, such as OOMKilled.
    """

    name: str
    phase: str
    ready: bool
    leaving: bool
    millicores: float | None
    request: float | None
    restarts: int
    ended: str | None


@dataclass(frozen=True)
class Cluster:
    """The autoscaler and its Deployment in one second; `cpu` and `target` are percent of the pods' CPU request."""

    cpu: float | None
    target: float | None
    desired: int
    minimum: int
    maximum: int
    ready: int
    pods: tuple[Pod, ...]


def cluster_state(line: Mapping[str, Any]) -> Cluster:
    hpa, cpu = line["hpa"], line["cpu"]
    fields = ("name", "phase", "ready", "leaving", "request", "restarts", "ended")
    pods = tuple(
        Pod(millicores=cpu.get(pod["name"]), **{field: pod[field] for field in fields})
        for pod in sorted(line["pods"], key=lambda pod: (pod["created"], pod["name"]))
        if pod["phase"] not in {"Succeeded", "Failed"}
    )
    return Cluster(hpa["cpu"], hpa["target"], hpa["desired"], hpa["min"], hpa["max"], line["ready"], pods)
