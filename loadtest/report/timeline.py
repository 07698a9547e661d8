"""Join what the users saw (`load.jsonl`) and what the cluster did (`cluster.jsonl`), second by second.

Second 0 is the one in which the load began; the seconds before it show the cluster at rest. What was not observed is
None and stays None. Everything that is derived from a whole run is computed once per run.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from loadtest.report.cluster_state import Cluster, cluster_state
from loadtest.report.injected_fault import InjectedFault, injected_faults
from loadtest.shapes import Shape
from loadtest.users.load_second import LoadSecond, percentile
from loadtest.users.models import TABULAR
from loadtest.users.schedule import Arrivals

PERCENTILES = (50, 95, 99)


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
        running: It was read while it went on.
        seconds: Every second of the recording, including those before and after the load.
        events: What Kubernetes recorded meanwhile.
        faults: What the experiment broke, in order.
    """

    plan: Mapping[str, Any]
    shape: Shape
    start: float
    offered_per_user: float | None
    ended: bool
    running: bool
    seconds: tuple[Second, ...]
    events: tuple[KubernetesEvent, ...]
    faults: tuple[InjectedFault, ...] = ()

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

    def offered(self, second: Second) -> float | None:
        """Return the requests that were to be sent in a second; None if that is unknown."""
        if self.shape.traffic:
            return self.shape.rate_at(second.t)
        if second.load is None or self.offered_per_user is None:
            return None
        return second.load.users * self.offered_per_user

    @property
    def observed(self) -> bool:
        """Whether the cluster was observed at all."""
        return bool(self.states)

    @property
    def interrupted(self) -> bool:
        """Whether a person stopped the run, or a kill ended it without a trace."""
        stopped = self.plan["interrupted"] or not self.ended or self.duration < self.shape.duration
        return stopped and not self.running

    @property
    def open(self) -> Arrivals | None:
        """How requests arrived that were sent by schedule; None if each user waited for its responses."""
        return cast(Arrivals | None, self.plan.get("open"))  # older runs have none

    @property
    def models(self) -> Mapping[str, int]:
        """The models under load, with the weight that each had among the users."""
        return cast(Mapping[str, int], self.plan.get("models", {TABULAR: 1}))  # older runs knew no other model


def read(folder: Path, *, running: bool = False) -> Run:
    """Read a run folder.

    Args:
        folder: Where the files are.
        running: The experiment still writes them, so that a run that has not ended is not an interrupted one.

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
    states = {line["t"] - zero: cluster_state(line) for line in cluster if "missing" not in line}
    known = [*loads, *(line["t"] - zero for line in cluster)]
    shape = Shape.from_dict(plan["shape"])
    return Run(
        plan,
        shape,
        head["start"],
        head["requests_per_user"],
        "end" in load[-1],
        running,
        tuple(Second(t, loads.get(t), states.get(t)) for t in range(min(known), max(known) + 1)),
        tuple(_events(cluster, zero)),
        tuple(injected_faults(_read_lines(folder / "faults.jsonl"), shape, zero)),
    )


def _read_lines(path: Path) -> list[dict[str, Any]]:
    """Read a file of JSON lines, empty if it is missing; a last line cut short by a kill is skipped."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


def _events(cluster: Iterable[Mapping[str, Any]], zero: int) -> Iterable[KubernetesEvent]:
    for line in cluster:
        for event in line.get("events", ()):
            at = event["at"] if event["at"] is not None else line["t"]
            warning = event["type"] == "Warning"
            yield KubernetesEvent(at - zero, event["object"], event["reason"], event["message"], warning)
