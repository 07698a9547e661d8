"""Synthetic run folders, whose figures are known."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from loadtest.faults.fault import Fault
from loadtest.shapes import Shape, Stage
from loadtest.users.load_second import LoadSecond

ZERO = 1_795_291_200  # 2026-11-21T20:00:00Z
STAGES = (Stage("warm-up", 30, 5), Stage("load", 60, 50), Stage("cool-down", 90, 2))
SHORT = Shape("demo", "one step up and back", STAGES)
BROKEN = replace(SHORT, faults=(Fault("delete-pod", 60, 0), Fault("drain-node", 70, 10)))
FAULTS = (
    {"fault": 0, "t": ZERO + 60.2, "about": "a pod is deleted", "what": "pod-0"},
    {"fault": 0, "ended": ZERO + 60.3},
    {"fault": 1, "t": ZERO + 70.1, "about": "a node is drained", "what": "node"},
    {"fault": 1, "ended": ZERO + 80.1},
)
CLUSTER = {
    "namespace": "default",
    "deployment": "ml-serving-deployment",
    "hpa": {
        "minReplicas": 1,
        "maxReplicas": 3,
        "behavior": {"scaleDown": {"stabilizationWindowSeconds": 60}},
    },
    "images": [{"name": "docker.io/library/mlserving:0.1.0", "id": "sha256:" + "0f" * 32}],
    "nodes": [
        {
            "name": "node",
            "cpu": "2",
            "memory_gib": 23.5,
            "kubernetes": "v1.36.3",
            "runtime": "containerd://1.6.20",
            "os": "Debian GNU/Linux 12 (bookworm)",
        }
    ],
}


def plan(
    shape: Shape = SHORT, cluster: dict[str, Any] | None = CLUSTER, *, interrupted: bool = False
) -> dict[str, Any]:
    return {
        "command": "python -m loadtest --shape demo --host http://192.168.49.2:30001",
        "host": "http://192.168.49.2:30001",
        "models": {"breast_model": 1},
        "shape": asdict(shape),
        "versions": {"locust": "2.47.0", "python": "3.11.7"},
        "git": {"revision": "5f0432c0000000000000000000000000000000aa", "dirty": False},
        "cluster": cluster,
        "interrupted": interrupted,
    }


def replicas_at(t: int) -> int:
    """Return 3 pods from 0:52, 12 s after the decision at 0:40, and 1 again from 2:45."""
    return 3 if 52 <= t < 165 else 1


def desired_at(t: int) -> int:
    return 3 if 40 <= t < 160 else 1


def cpu_at(t: int) -> float:
    return 8 if t < 40 else 200 if t < 60 else 66 if t < 110 else 4


def load_second(t: int, shape: Shape) -> LoadSecond:
    """Return ten requests/s per user, sent to the ready pods in turn; 1 in 100 takes 20 ms, the others 2 or 3."""
    users = shape.users_at(t)
    second = LoadSecond(ZERO + t, users=users, generator_cpu=0.2, late_ms=1.5)
    for i in range(users * 10):
        second.count_correct(20.0 if i % 100 == 99 else 3.0 if i % 2 else 2.0, f"pod-{i % replicas_at(t)}")
    return second


def cluster_line(t: int) -> dict[str, Any]:
    pods = range(max(replicas_at(t), desired_at(t)))
    return {
        "t": ZERO + t,
        "hpa": {
            "cpu": cpu_at(t),
            "target": 20,
            "desired": desired_at(t),
            "min": 1,
            "max": 3,
        },
        "ready": replicas_at(t),
        "pods": [
            {
                "name": f"pod-{i}",
                "phase": "Running",
                "ready": i < replicas_at(t),
                "leaving": i >= desired_at(t),
                "created": ZERO - 60 + i,
                "request": 100.0,
                "restarts": 0,
                "ended": None,
            }
            for i in pods
        ],
        "cpu": {f"pod-{i}": cpu_at(t) for i in pods},
        "events": [],
    }


def folder(
    path: Path,
    shape: Shape = SHORT,
    *,
    until: int | None = None,
    load: Callable[[int, Shape], LoadSecond | None] = load_second,
    cluster: Callable[[int], dict[str, Any]] | None = cluster_line,
    interrupted: bool = False,
) -> Path:
    """Write a run folder as `experiment.py` does, observed from 5 s before the load until `until` s."""
    end = until if until is not None else shape.duration
    path.mkdir(parents=True, exist_ok=True)
    facts = CLUSTER if cluster is not None else None
    (path / "plan.json").write_text(json.dumps(plan(shape, facts, interrupted=interrupted)))
    begin = {"start": ZERO + 0.25, "requests_per_user": 10}
    seconds = (load(t, shape) for t in range(end))
    lines(path / "load.jsonl", [begin, *(s.to_dict() for s in seconds if s is not None), {"end": ZERO + end}])
    if cluster is not None:
        lines(path / "cluster.jsonl", (cluster(t) for t in range(-5, end)))
    if shape.faults:
        lines(path / "faults.jsonl", FAULTS)
    return path


def lines(path: Path, objects: Iterable[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(one) + "\n" for one in objects))


def blind(first: int, last: int) -> Callable[[int], dict[str, Any]]:
    """Return the synthetic cluster, not observed from second `first` to `last`."""

    def line(t: int) -> dict[str, Any]:
        return {"t": ZERO + t, "missing": "timed out"} if first <= t <= last else cluster_line(t)

    return line
