"""A fault of a load shape, as data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """A fault that is injected `t` seconds after the start of the load, and undone `seconds` later.

    Attributes:
        kind: A name of `loadtest/faults/kinds.py`.
        value: What the kind asks for, such as the address of a model.
    """

    kind: str
    t: int
    seconds: int
    value: str = ""

    @property
    def end(self) -> int:
        return self.t + self.seconds
