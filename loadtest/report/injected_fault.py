"""A fault that the experiment injected, from the lines of `faults.jsonl`."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any

from loadtest.shapes import Shape

INEVITABLE_SECONDS = 3  # until every node knows that a container has gone


@dataclass(frozen=True)
class InjectedFault:
    """A fault that was injected at second `t` of the run.

    Attributes:
        mark: The letter that it has in the chart and in the table.
        about: What happened, in a few words.
        what: The pod, node or component to which it happened.
        ended: The second in which it was undone; None if it was not, or needed not to be.
        error: Why it could not be injected or undone; None if it could.
        lossy: It cannot be survived without a loss.
    """

    mark: str
    kind: str
    t: float
    about: str
    what: str
    ended: float | None
    error: str | None
    lossy: bool

    def excuses(self, t: int) -> bool:
        """Whether requests that are lost in second `t` of the run are its inevitable loss."""
        return self.lossy and math.floor(self.t) <= t < self.t + INEVITABLE_SECONDS


def injected_faults(lines: Iterable[Mapping[str, Any]], shape: Shape, zero: int) -> Iterator[InjectedFault]:
    """Join the lines of each fault: it was injected or could not be, and it was undone or could not be."""
    known: dict[int, dict[str, Any]] = {}
    for line in lines:
        known.setdefault(line["fault"], {}).update(line)
    for number, fault in known.items():
        ended = fault["ended"] - zero if "ended" in fault else None
        kind, about, what = shape.faults[number].kind, fault.get("about", ""), fault.get("what", "")
        mark, error, lossy = ascii_uppercase[number % 26], fault.get("error"), fault.get("lossy", False)
        yield InjectedFault(mark, kind, fault["t"] - zero, about, what, ended, error, lossy)
