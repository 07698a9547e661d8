"""Joins what the users saw (`load.jsonl`) and what the cluster did (`cluster.jsonl`) second by second.

Pure: a run folder in, a `Run` out. Second 0 is the one in which the load began; before it the cluster was watched
at rest. What was not seen is None, and stays None.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadtest.shapes import Shape, Stage
from loadtest.users.load_second import LoadSecond
from loadtest.users.models import TABULAR


@dataclass(frozen=True)
class Pod:
    """`leaving`: asked to stop. CPU used and requested in thousandths of a core; None where it is not known.

    `restarts` of its containers so far, and what Kubernetes calls the last end of one, such as OOMKilled.
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
    """One second of the autoscaler and its Deployment. cpu and target in percent of the pods' CPU request."""

    cpu: float | None
    target: float | None
    desired: int
    minimum: int
    maximum: int
    ready: int
    pods: tuple[Pod, ...]


@dataclass(frozen=True)
class Moment:
    """Second `t` of the run."""

    t: int
    load: LoadSecond | None
    cluster: Cluster | None


@dataclass(frozen=True)
class Event:
    """What Kubernetes said about the autoscaler or its pods at second `t` of the run."""

    t: float
    object: str
    reason: str
    message: str
    warning: bool


@dataclass(frozen=True)
class Run:
    """`start`: seconds since the epoch; `offered_per_user`: requests a second; `ended`: Locust closed its file."""

    plan: Mapping[str, Any]
    shape: Shape
    start: float
    offered_per_user: float | None
    ended: bool
    moments: tuple[Moment, ...]
    events: tuple[Event, ...]

    @property
    def loaded(self) -> tuple[Moment, ...]:
        """The moments from the first to the last second of the load."""
        return tuple(moment for moment in self.moments if 0 <= moment.t < self.seconds)

    @property
    def seconds(self) -> int:
        """How long the load was on: the shape's length and the last answers after it, or less when it was stopped."""
        return max((moment.t for moment in self.moments if moment.load is not None), default=-1) + 1

    @property
    def interrupted(self) -> bool:
        """Stopped by a person, or cut short by a kill that left no word of it."""
        return self.plan["interrupted"] or not self.ended or self.seconds < self.shape.duration

    @property
    def models(self) -> Mapping[str, int]:
        """The models asked, and which share of the users each had, as a weight."""
        models: Mapping[str, int] = self.plan.get("models", {TABULAR: 1})  # older runs knew no other
        return models

    @property
    def watched(self) -> bool:
        return any(moment.cluster is not None for moment in self.moments)


def lines_of(path: Path) -> list[dict[str, Any]]:
    """The JSON objects of a file; a last line cut short by a kill is left out, a missing file has none."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


def shape_of(plan: Mapping[str, Any]) -> Shape:
    shape = plan["shape"]
    stages = tuple(Stage(**stage) for stage in shape["stages"])
    return Shape(shape["name"], shape["about"], stages, scales=shape["scales"])


def read(folder: Path) -> Run:
    """Raises FileNotFoundError without plan.json, ValueError when the load never began."""
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    head, *load = lines_of(folder / "load.jsonl") or [{}]
    if not load:
        raise ValueError(f"{folder} holds no load: load.jsonl is missing or has no second.")
    cluster = lines_of(folder / "cluster.jsonl")
    zero = int(head["start"])
    seconds = {line["t"] - zero: LoadSecond.from_dict(line) for line in load if "t" in line}
    states = {line["t"] - zero: cluster_of(line) for line in cluster if "missing" not in line}
    known = [*seconds, *(line["t"] - zero for line in cluster)]
    return Run(
        plan,
        shape_of(plan),
        head["start"],
        head["requests_per_user"],
        "end" in load[-1],
        tuple(Moment(t, seconds.get(t), states.get(t)) for t in range(min(known), max(known) + 1)),
        tuple(events_of(cluster, zero)),
    )


def cluster_of(line: Mapping[str, Any]) -> Cluster:
    hpa, cpu = line["hpa"], line["cpu"]
    pods = tuple(
        Pod(
            pod["name"],
            pod["phase"],
            pod["ready"],
            pod["leaving"],
            cpu.get(pod["name"]),
            pod["request"],
            pod["restarts"],
            pod["ended"],
        )
        for pod in sorted(line["pods"], key=lambda pod: (pod["created"], pod["name"]))
        if pod["phase"] not in {"Succeeded", "Failed"}
    )
    return Cluster(hpa["cpu"], hpa["target"], hpa["desired"], hpa["min"], hpa["max"], line["ready"], pods)


def events_of(cluster: Iterable[Mapping[str, Any]], zero: int) -> Iterable[Event]:
    for line in cluster:
        for event in line.get("events", ()):
            at = event["at"] if event["at"] is not None else line["t"]
            yield Event(at - zero, event["object"], event["reason"], event["message"], event["type"] == "Warning")
