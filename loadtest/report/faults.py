"""The impact of each fault that the experiment injected, on callers and on pods."""

import math
from dataclasses import dataclass
from typing import Any

from loadtest.report.injected_fault import InjectedFault
from loadtest.report.timeline import Run


@dataclass(frozen=True)
class Impact:
    """A fault, and what was seen from its second until the next fault.

    Attributes:
        worst_p99_ms: The highest p99 of a second; None if none had a correct response.
        ready_again_s: Seconds until as many pods were ready as before; 0 if there never were fewer, None if they did
            not come back or the pods were not observed.
    """

    fault: InjectedFault
    sent: int
    failed: int
    lost: int
    worst_p99_ms: float | None
    ready_again_s: int | None

    def to_dict(self) -> dict[str, Any]:
        """Return it as it stands in summary.json."""
        fault = self.fault
        return {
            "mark": fault.mark,
            "kind": fault.kind,
            "what": fault.what,
            "error": fault.error,
            "t_s": round(fault.t, 1),
            "ended_s": round(fault.ended, 1) if fault.ended is not None else None,
            "sent": self.sent,
            "failed": self.failed,
            "lost": self.lost,
            "worst_p99_ms": self.worst_p99_ms,
            "ready_again_s": self.ready_again_s,
        }


def impacts(run: Run) -> list[Impact]:
    ends = [*(math.floor(fault.t) for fault in run.faults[1:]), run.duration]
    return [_impact(run, fault, end) for fault, end in zip(run.faults, ends, strict=False)]


def _impact(run: Run, fault: InjectedFault, end: int) -> Impact:
    start = math.floor(fault.t)
    seconds = [second for second in run.loaded if start <= second.t < end]
    loads = [second.load for second in seconds if second.load is not None]
    return Impact(
        fault,
        sent=sum(load.sent for load in loads),
        failed=sum(load.failed for load in loads),
        lost=sum(load.lost for load in loads),
        worst_p99_ms=max((p99 for second in seconds if (p99 := second.percentiles[99]) is not None), default=None),
        ready_again_s=_ready_again(run, start, end),
    )


def _ready_again(run: Run, start: int, end: int) -> int | None:
    """Return how long fewer pods were ready than before, if that began before `end`, the second of the next fault.

    Those that the autoscaler removed are not missing.
    """
    before = [state.ready for t, state in run.states if t < start]
    if not before:
        return None
    fewer = None
    for t, state in run.states:
        if t < start:
            continue
        if fewer is None and t < end and state.ready < min(before[-1], state.desired):
            fewer = t
        elif fewer is not None and state.ready >= before[-1]:
            return t - start
    return 0 if fewer is None else None
