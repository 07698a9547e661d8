"""One second of load, exactly: what was sent, what came back, how long it took, and which pod answered.

A run is a file of lines, `load.jsonl`, each a JSON object: first `{"start": …}`, then one object a second,
last `{"end": …}`. Latencies are kept as counts of milliseconds to three significant digits, so that the percentiles
of any stretch of seconds can be had from the file.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

DISTINCT_REASONS = 20  # a second; a server that puts the clock in its errors must not fill the disk


@dataclass
class LoadSecond:
    """The requests that ended in second `t` (UTC epoch).

    sent = right answers + failed (answered, but wrongly) + lost (no answer at all).
    users: as many as there were when its last request ended, at its beginning where none did. Not the most: where
    the load falls, the rate asked for falls with it.
    latency_ms counts right answers only: a refusal is quick, and would flatter the figures.
    generator_cpu: cores that the load generator used; late_ms: how late its own clock tick came; machine_busy: share
    of all cores of its machine that anything used (0 to 1; None where the kernel does not tell).
    """

    t: int
    users: int = 0
    sent: int = 0
    failed: int = 0
    lost: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    pods: Counter[str] = field(default_factory=Counter)
    latency_ms: Counter[float] = field(default_factory=Counter)
    generator_cpu: float = 0.0
    late_ms: float = 0.0
    machine_busy: float | None = None

    def right(self, milliseconds: float, pod: str) -> None:
        self.sent += 1
        self.pods[pod] += 1
        self.latency_ms[float(f"{milliseconds:.3g}")] += 1

    def wrong(self, reason: str, pod: str) -> None:
        self.sent += 1
        self.failed += 1
        self.pods[pod] += 1
        self._reason(reason)

    def unanswered(self, reason: str) -> None:
        self.sent += 1
        self.lost += 1
        self._reason(reason)

    def _reason(self, reason: str) -> None:
        known = reason in self.reasons or len(self.reasons) < DISTINCT_REASONS
        self.reasons[reason if known else "other reasons"] += 1

    def to_dict(self) -> dict[str, Any]:
        return vars(self) | {"latency_ms": {f"{ms:g}": n for ms, n in sorted(self.latency_ms.items())}}

    @classmethod
    def from_dict(cls, line: Mapping[str, Any]) -> "LoadSecond":
        latencies = Counter({float(ms): n for ms, n in line["latency_ms"].items()})
        counters = {"reasons": Counter(line["reasons"]), "pods": Counter(line["pods"]), "latency_ms": latencies}
        return cls(**{**line, **counters})


def percentile(latencies: Mapping[float, int], share: float) -> float | None:
    """The smallest latency that `share` (0 to 1) of the requests did not exceed (nearest rank); None of none."""
    rank = math.ceil(share * sum(latencies.values()))
    seen = 0
    for milliseconds, count in sorted(latencies.items()):
        seen += count
        if seen >= rank:
            return milliseconds
    return None


def merged(seconds: Iterable[LoadSecond]) -> Counter[float]:
    """The latencies of all `seconds` together."""
    total: Counter[float] = Counter()
    for second in seconds:
        total.update(second.latency_ms)
    return total
