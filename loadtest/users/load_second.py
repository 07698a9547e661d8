"""One second of load: what was sent, what came back, how long it took, which pod answered, how busy the machine was.

A run is a file of lines, `load.jsonl`. Each line is a JSON object: first `{"start": …}`, then one object per second,
last `{"end": …}`. Latencies are stored as counts of milliseconds, rounded to three significant digits, so that the
percentiles of any stretch of seconds can be computed from the file.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COUNTS = ("users", "sent", "failed", "lost", "refused", "sent_late")
LATENCIES = ("latency_ms", "sending_ms")
DISTINCT_REASONS = 20  # per second; a server that puts the time into its errors must not fill the disk
PROC_STAT = Path("/proc/stat")


@dataclass
class LoadSecond:
    """The requests that ended in second `t` (UTC epoch); sent = correct + failed + lost.

    Attributes:
        users: Users when the last request of the second ended, or at its beginning if none ended. Not the maximum:
            when the load falls, the offered rate falls with it.
        failed: Answered with an error or a wrong prediction.
        lost: Not answered at all.
        refused: How often those requests were refused and sent again before.
        latency_ms: Counts of correct responses only: a refusal is quick, and would improve the figures. They are from
            when a request was due, or first sent if nothing but the user said when.
        sending_ms: In an open loop the same from when it was last sent, which flatters a stalled server or generator.
        sent_late: In an open loop, the requests sent more than LATE_MS after they were due.
        generator_cpu: Cores used by the load generator; where it has several processes, by the busiest one.
        late_ms: How late the load generator's own clock ticked.
        machine_busy: Share of all cores of its machine in use, 0 to 1; None if the kernel does not report it.
    """

    t: int
    users: int = 0
    sent: int = 0
    failed: int = 0
    lost: int = 0
    refused: int = 0
    sent_late: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    pods: Counter[str] = field(default_factory=Counter)
    latency_ms: Counter[float] = field(default_factory=Counter)
    sending_ms: Counter[float] = field(default_factory=Counter)
    generator_cpu: float = 0.0
    late_ms: float = 0.0
    machine_busy: float | None = None

    def count_correct(self, milliseconds: float, pod: str, sending: float | None = None) -> None:
        self.sent += 1
        self.pods[pod] += 1
        self.latency_ms[_rounded(milliseconds)] += 1
        if sending is not None:
            self.sending_ms[_rounded(sending)] += 1

    def count_failed(self, reason: str, pod: str) -> None:
        self.sent += 1
        self.failed += 1
        self.pods[pod] += 1
        self._count_reason(reason)

    def count_lost(self, reason: str) -> None:
        self.sent += 1
        self.lost += 1
        self._count_reason(reason)

    def _count_reason(self, reason: str, count: int = 1) -> None:
        known = reason in self.reasons or len(self.reasons) < DISTINCT_REASONS
        self.reasons[reason if known else "other reasons"] += count

    def add(self, other: "LoadSecond") -> None:
        """Add what another process of the load generator observed in the same second."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("pods", *LATENCIES):
            getattr(self, name).update(getattr(other, name))
        for reason, count in other.reasons.items():
            self._count_reason(reason, count)
        self.generator_cpu = max(self.generator_cpu, other.generator_cpu)
        self.late_ms = max(self.late_ms, other.late_ms)
        busy = [share for share in (self.machine_busy, other.machine_busy) if share is not None]
        self.machine_busy = max(busy, default=None)

    def to_dict(self) -> dict[str, Any]:
        latencies = {name: getattr(self, name) for name in LATENCIES}
        return vars(self) | {
            name: {f"{ms:g}": n for ms, n in sorted(counts.items())} for name, counts in latencies.items()
        }

    @classmethod
    def from_dict(cls, line: Mapping[str, Any]) -> "LoadSecond":
        latencies = {
            name: Counter({float(ms): n for ms, n in line.get(name, {}).items()})  # older lines have but one of them
            for name in LATENCIES
        }
        counters = {"reasons": Counter(line["reasons"]), "pods": Counter(line["pods"])}
        return cls(**{**line, **counters, **latencies})


def _rounded(milliseconds: float) -> float:
    return float(f"{milliseconds:.3g}")


def percentile(latencies: Mapping[float, int], share: float) -> float | None:
    """Return the smallest latency that `share` (0 to 1) of the requests did not exceed (nearest rank)."""
    rank = math.ceil(share * sum(latencies.values()))
    seen = 0
    for milliseconds, count in sorted(latencies.items()):
        seen += count
        if seen >= rank:
            return milliseconds
    return None


def merge_latencies(seconds: Iterable[LoadSecond], name: str = "latency_ms") -> Counter[float]:
    """Return the latencies of all `seconds` together; `name` is one of LATENCIES."""
    total: Counter[float] = Counter()
    for second in seconds:
        total.update(getattr(second, name))
    return total


def cpu_ticks() -> tuple[int, int] | None:
    """Return (idle, total) CPU time of this machine so far in kernel ticks; None without /proc/stat."""
    try:
        ticks = [int(word) for word in PROC_STAT.read_text().split(maxsplit=9)[1:9]]
    except (OSError, ValueError):
        return None
    idle, waiting_for_disk = ticks[3:5]
    return idle + waiting_for_disk, sum(ticks)


def busy_since(before: tuple[int, int] | None) -> tuple[float | None, tuple[int, int] | None]:
    """Return the share of CPU time used since `before`, and the current ticks."""
    now = cpu_ticks()
    if before is None or now is None or now[1] == before[1]:
        return None, now
    return round(1 - (now[0] - before[0]) / (now[1] - before[1]), 3), now
