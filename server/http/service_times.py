"""Estimates how long jobs will take from those of the same kind that have ended."""

from collections.abc import Hashable
from typing import NamedTuple

WEIGHT = 0.2  # of the newest job in the running mean


class Work(NamedTuple):
    """What a job's duration depends on: what is done, such as the route of one model, and to how many bytes."""

    kind: Hashable
    size: int


class ServiceTimes:
    """Running means of seconds by kind, and by size to the next power of two."""

    def __init__(self) -> None:
        self._seconds: dict[Hashable, dict[int, float]] = {}

    def expected(self, work: Work) -> float:
        """Return the seconds that a job will take; 0 if none of its kind has ended.

        A size that is not known takes as long as the nearest one that is. Below the smallest it takes less.
        """
        known = self._seconds.get(work.kind)
        if not known:
            return 0.0
        place = work.size.bit_length()
        nearest = min(known, key=lambda other: abs(other - place))
        return known[nearest] * min(1.0, 2.0 ** (place - nearest))

    def add(self, work: Work, seconds: float) -> None:
        known = self._seconds.setdefault(work.kind, {})
        place = work.size.bit_length()
        before = known.get(place, seconds)
        known[place] = before + WEIGHT * (seconds - before)
