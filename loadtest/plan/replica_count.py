"""How many replicas the CPU of the pods asks for, before windows and policies apply.

It follows `replica_calculator.go` of Kubernetes 1.36 for a CPU utilisation metric. A test compiles the Go code and
holds the two equal.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

CPU_INITIALIZATION = 300.0  # seconds after its start in which an unready pod's CPU is ignored
INITIAL_READINESS_DELAY = 30.0  # seconds after its start in which a pod may become ready for the first time


@dataclass(frozen=True, slots=True)
class PodGroup:
    """`count` pods in the same state, as the autoscaler sees them. Times are seconds on one clock.

    Attributes:
        request: CPU request of each in millicores.
        usage: Its CPU in millicores, as last measured; None without a measurement.
        sampled: When that measurement ended.
        window: The seconds that it covers.
        started: When the kubelet took the pod.
        changed: When `ready` last changed.
        pending: Its containers do not run yet.
        leaving: It was asked to stop, or failed.
    """

    request: int
    usage: int | None
    sampled: float
    window: float
    started: float
    changed: float
    ready: bool = True
    pending: bool = False
    leaving: bool = False
    count: int = 1

    def is_unready(self, now: float) -> bool:
        """Return whether the autoscaler ignores this pod's measurement."""
        if self.started + CPU_INITIALIZATION > now:
            return not self.ready or self.sampled < self.changed + self.window
        return not self.ready and self.started + INITIAL_READINESS_DELAY > self.changed


@dataclass(slots=True)
class _Sum:
    pods: int = 0
    usage: int = 0
    request: int = 0

    def add(self, group: PodGroup, usage: int) -> None:
        self.pods += group.count
        self.usage += group.count * usage
        self.request += group.count * group.request

    def ratio(self, target: int) -> float:
        """Return utilisation / target. Kubernetes cuts the utilisation to whole percent first."""
        return (100 * self.usage // self.request) / target


@dataclass(frozen=True)
class Tolerance:
    """Distances of utilisation / target from 1 within which nothing changes."""

    down: float = 0.1
    up: float = 0.1

    def covers(self, ratio: float) -> bool:
        return 1.0 - self.down <= ratio <= 1.0 + self.up


def replica_count(
    now: float, current: int, target: int, groups: Iterable[PodGroup], tolerance: Tolerance
) -> int | None:
    """Return the replicas for a target utilisation in percent; None if no pod has a measurement that counts."""
    measured, unready, missing = _sort(now, groups)
    if not measured.request:
        return None
    ratio = measured.ratio(target)
    rising_with_unready = bool(unready) and ratio > 1.0
    if not rising_with_unready and not missing:
        return current if tolerance.covers(ratio) else math.ceil(ratio * measured.pods)
    if ratio != 1.0:  # a missing pod is assumed to use what makes the change smaller
        for group in missing:
            measured.add(group, group.request * max(100, target) // 100 if ratio < 1.0 else 0)
    if rising_with_unready:
        for group in unready:
            measured.add(group, 0)
    return _cautious(current, measured, target, ratio, tolerance)


def _sort(now: float, groups: Iterable[PodGroup]) -> tuple[_Sum, list[PodGroup], list[PodGroup]]:
    """Return the pods whose CPU counts, those that are not ready, and those without a measurement."""
    measured, unready, missing = _Sum(), [], []
    for group in groups:
        if group.leaving:
            continue
        if group.pending:
            unready.append(group)
        elif group.usage is None:
            missing.append(group)
        elif group.is_unready(now):
            unready.append(group)
        else:
            measured.add(group, group.usage)
    return measured, unready, missing


def _cautious(current: int, assumed: _Sum, target: int, before: float, tolerance: Tolerance) -> int:
    """Return the replicas with the assumptions about pods, unless these turn the direction round."""
    ratio = assumed.ratio(target)
    if tolerance.covers(ratio) or (before < 1.0 < ratio) or (ratio < 1.0 < before):
        return current
    replicas = math.ceil(ratio * assumed.pods)
    if (ratio < 1.0 and replicas > current) or (ratio > 1.0 and replicas < current):
        return current
    return replicas
