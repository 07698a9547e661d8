"""What was observed of the stable version and of the canary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Version:
    """The requests that the pods of one version answered.

    Attributes:
        failed: How many were answered with an error, or not at all.
        latencies: Of the others, in milliseconds.
        answers: What each row was answered; a version answers the same row always alike.
    """

    failed: int
    latencies: NDArray[np.float64]
    answers: Mapping[int, str] = field(default_factory=dict)

    @property
    def sent(self) -> int:
        return self.failed + len(self.latencies)


def agreement(stable: Version, canary: Version) -> tuple[int, int]:
    """Return how many rows both versions answered alike, and how many both answered."""
    both = stable.answers.keys() & canary.answers.keys()
    return sum(stable.answers[row] == canary.answers[row] for row in both), len(both)
