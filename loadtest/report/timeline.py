"""Join what the users saw (`load.jsonl`) and what the cluster did (`cluster.jsonl`), second by second.

Second 0 is the one in which the load began; the seconds before it show the cluster at rest. What was not observed is
None and stays None. Everything that is derived from a whole run is computed once per run.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from loadtest.shapes import Shape, Stage
from loadtest.users.load_second import LoadSecond, percentile
from loadtest.users.models import TABULAR

PERCENTILES = (50, 95, 99)


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


@dataclass(frozen=True)
class Second:
    """Second `t` of the run."""

    t: int
    load: LoadSecond | None
    cluster: Cluster | None

    @cached_property
    def percentiles(self) -> Mapping[int, float | None]:
        """The p50, p95 and p99 of the correct responses in milliseconds; None if there was none."""
        latencies = self.load.latency_ms if self.load is not None else {}
        return {q: percentile(latencies, q / 100) for q in PERCENTILES}

    @property
    def failures(self) -> int:
        """Requests that failed or were lost."""
        return self.load.failed + self.load.lost if self.load is not None else 0


@dataclass(frozen=True)
class KubernetesEvent:
    """An event that Kubernetes recorded for the autoscaler or its pods at second `t` of the run."""

    t: float
    object: str
    reason: str
    message: str
    warning: bool


@dataclass(frozen=True)
class Run:
    """One experiment.

    Attributes:
        plan: The content of `plan.json`.
        start: When the load began, in seconds since the epoch.
        offered_per_user: Requests per second that one user offers; None if unknown.
        ended: Locust closed its file.
        seconds: Every second of the recording, including those before and after the load.
        events: What Kubernetes recorded meanwhile.
    """

    plan: Mapping[str, Any]
    shape: Shape
    start: float
    offered_per_user: float | None
    ended: bool
    seconds: tuple[Second, ...]
    events: tuple[KubernetesEvent, ...]

    @cached_property
    def duration(self) -> int:
        """Seconds under load: the shape and the last responses after it, or less if the run was stopped."""
        return max((second.t for second in self.seconds if second.load is not None), default=-1) + 1

    @cached_property
    def loaded(self) -> tuple[Second, ...]:
        """The seconds from the first to the last of the load."""
        return tuple(second for second in self.seconds if 0 <= second.t < self.duration)

    @cached_property
    def states(self) -> tuple[tuple[int, Cluster], ...]:
        """(t, state of the cluster) for every second in which the cluster was observed."""
        return tuple((second.t, second.cluster) for second in self.seconds if second.cluster is not None)

    @property
    def observed(self) -> bool:
        """Whether the cluster was observed at all."""
        return bool(self.states)

    @property
    def interrupted(self) -> bool:
        """Whether a person stopped the run, or a kill ended it without a trace."""
        return self.plan["interrupted"] or not self.ended or self.duration < self.shape.duration

    @property
    def models(self) -> Mapping[str, int]:
        """The models under load, with the weight that each had among the users."""
        models: Mapping[str, int] = self.plan.get("models", {TABULAR: 1})  # older runs knew no other model
        return models


def read(folder: Path) -> Run:
    """Read a run folder.

    Raises:
        FileNotFoundError: There is no plan.json.
        ValueError: The load never began.
    """
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    head, *load = _read_lines(folder / "load.jsonl") or [{}]
    if not load:
        raise ValueError(f"{folder} has no load: load.jsonl is missing or has no second.")
    cluster = _read_lines(folder / "cluster.jsonl")
    zero = int(head["start"])
    loads = {line["t"] - zero: LoadSecond.from_dict(line) for line in load if "t" in line}
    states = {line["t"] - zero: _cluster(line) for line in cluster if "missing" not in line}
    known = [*loads, *(line["t"] - zero for line in cluster)]
    return Run(
        plan,
        _shape(plan["shape"]),
        head["start"],
        head["requests_per_user"],
        "end" in load[-1],
        tuple(Second(t, loads.get(t), states.get(t)) for t in range(min(known), max(known) + 1)),
        tuple(_events(cluster, zero)),
    )


def _read_lines(path: Path) -> list[dict[str, Any]]:
    """Read a file of JSON lines, empty if it is missing; a last line cut short by a kill is skipped."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


def _shape(shape: Mapping[str, Any]) -> Shape:
    stages = tuple(Stage(**stage) for stage in shape["stages"])
    return Shape(shape["name"], shape["about"], stages, scales=shape["scales"])


def _cluster(line: Mapping[str, Any]) -> Cluster:
    hpa, cpu = line["hpa"], line["cpu"]
    fields = ("name", "phase", "ready", "leaving", "request", "restarts", "ended")
    pods = tuple(
        Pod(millicores=cpu.get(pod["name"]), **{field: pod[field] for field in fields})
        for pod in sorted(line["pods"], key=lambda pod: (pod["created"], pod["name"]))
        if pod["phase"] not in {"Succeeded", "Failed"}
    )
    return Cluster(hpa["cpu"], hpa["target"], hpa["desired"], hpa["min"], hpa["max"], line["ready"], pods)


def _events(cluster: Iterable[Mapping[str, Any]], zero: int) -> Iterable[KubernetesEvent]:
    for line in cluster:
        for event in line.get("events", ()):
            at = event["at"] if event["at"] is not None else line["t"]
            warning = event["type"] == "Warning"
            yield KubernetesEvent(at - zero, event["object"], event["reason"], event["message"], warning)
