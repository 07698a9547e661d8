"""A table that can be drawn, and what most of them need."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator

Draw = Callable[[Generator, int], pd.DataFrame]


@dataclass(frozen=True)
class Table:
    """Rows of a kind, and the columns that models of them predict."""

    draw: Draw
    targets: tuple[str, ...]


def predicting(*targets: str) -> Callable[[Draw], Table]:
    return lambda draw: Table(draw, targets)


def yes(rng: Generator, score: Any) -> Any:
    """Return 1 where a noisy score is above its middle, and 0 elsewhere."""
    noisy = np.asarray(score, float) + rng.normal(0, 0.5, len(score))
    return (noisy > np.median(noisy)).astype(int)


def gaps(rng: Generator, values: Any, share: float = 0.1) -> Any:
    series = pd.Series(values)
    return series.mask(rng.random(len(series)) < share)
