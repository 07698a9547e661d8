"""How a regression states the number that it predicts."""

from __future__ import annotations

import dataclasses

MOST_DECIMALS = 9


@dataclasses.dataclass(frozen=True)
class Number:
    """The number that a regression predicts.

    Attributes:
        name: Its key in the answer to a row: {"cost": 103.35}.
        decimals: How many decimal places the answer has. V2 does not round.
        unit: Its unit, for people; empty if it has none.
    """

    name: str
    decimals: int
    unit: str = ""

    def __post_init__(self) -> None:
        if not self.name or self.name == "warnings":
            raise ValueError(f"The number that a model predicts cannot be called {self.name!r}.")
        if not 0 <= self.decimals <= MOST_DECIMALS:
            raise ValueError(f"A number cannot be rounded to {self.decimals} decimals, only to 0 to {MOST_DECIMALS}.")
