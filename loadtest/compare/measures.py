"""What is compared of two sides: latency by stage, and what the autoscaler did. Less is better, throughout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from loadtest.compare.runs import Repeat
from loadtest.compare.statistics import FEWEST_BLOCKS, Floats, blocks, resampled_percentiles

FEWEST_RESPONSES = 300  # of a stage in each run: three beyond its p99
SCALING: dict[str, Callable[[dict[str, Any]], float | None]] = {
    "load step to decision": lambda figures: figures["scaling"]["decision_after_s"],
    "decision to pods ready": lambda figures: figures["scaling"]["ready_after_s"],
    "load step to objectives held again": lambda figures: (
        0 if figures["scaling"]["broken_s"] is None else figures["scaling"]["held_again_after_s"]
    ),
}


@dataclass(frozen=True)
class Measure:
    """One measure of all runs.

    Attributes:
        sides: Its value in each run of A and of B; None if what it measures did not happen.
        resampled: Its values in resamples of the two runs, where there is one a side and it has parts to resample.
    """

    name: str
    unit: str
    sides: tuple[tuple[float | None, ...], tuple[float | None, ...]]
    resampled: tuple[Floats, Floats] | None = None

    @property
    def complete(self) -> bool:
        return None not in self.sides[0] and None not in self.sides[1]


def collect(a: Sequence[Repeat], b: Sequence[Repeat], random: np.random.Generator) -> list[Measure]:
    found = [
        _latency(a, b, place, share, random)
        for place in range(len(a[0].run.shape.stages))
        if all(_correct(repeat, place) >= FEWEST_RESPONSES for repeat in (*a, *b))
        for share in (0.5, 0.99)
    ]
    if all(repeat.figures["scaling"] for repeat in (*a, *b)):
        if a[0].run.shape.scales:
            found += [_measure(name, "s", a, b, value) for name, value in SCALING.items()]
        found.append(_measure("pod-seconds", "", a, b, lambda figures: figures["cost"]["pod_seconds"]))
    return found


def _measure(
    name: str, unit: str, a: Sequence[Repeat], b: Sequence[Repeat], value: Callable[[dict[str, Any]], float | None]
) -> Measure:
    # Whole seconds are counted, so that one that took none took less than one: half, for the ratio.
    one, other = (
        tuple(None if (seen := value(repeat.figures)) is None else max(seen, 0.5) for repeat in side) for side in (a, b)
    )
    return Measure(name, unit, (one, other))


def _latency(
    a: Sequence[Repeat], b: Sequence[Repeat], place: int, share: float, random: np.random.Generator
) -> Measure:
    stage = a[0].run.shape.stages[place].name
    key = f"p{round(100 * share)}_ms"
    one, other = (tuple(repeat.figures["stages"][place][key] for repeat in side) for side in (a, b))
    parts = [blocks([second.latency_ms for second in repeat.seconds(place)]) for repeat in (a[0], b[0])]
    resampled = None
    if len(a) == len(b) == 1 and min(map(len, parts)) >= FEWEST_BLOCKS:
        before, after = (resampled_percentiles(part, share, random) for part in parts)
        resampled = before, after
    return Measure(f"p{round(100 * share)} of {stage}", "ms", (one, other), resampled)


def _correct(repeat: Repeat, place: int) -> int:
    return sum(second.latency_ms.total() for second in repeat.seconds(place))
