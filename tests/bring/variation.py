"""The rows that a model is asked about: new ones, and some of them changed as callers' rows differ from a sample."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

PLAIN = 40  # rows that stay as they were drawn
EACH = 10  # rows for each kind of change

Taken = Callable[[pd.DataFrame], bool]


def varied(sample: pd.DataFrame, fresh: pd.DataFrame, gaps: Sequence[str], taken: Taken) -> pd.DataFrame:
    """Return the rows, the later half of them changed wherever the model itself takes that.

    Whole numbers stand where the sample has fractions and the reverse, then come unknown words and codes, then missing
    values in the columns that had some in the sample and in `gaps`.
    """
    rows = fresh.copy()
    names = rows.columns.tolist()
    whole = [name for name in names if sample[name].dtype.kind == "i"]
    rows[whole] = rows[whole].astype(float)
    broken = [name for name in names if sample[name].dtype.kind == "f"]
    words = [name for name in names if sample[name].dtype == object]
    empty = [name for name in names if name in gaps or sample[name].isna().any()]
    changes: list[tuple[list[Any], Callable[[pd.DataFrame, Any], None]]] = [
        (broken, lambda row, name: _set(row, name, row[name].round())),
        (whole, lambda row, name: _set(row, name, row[name] + 0.5)),
        ([*words, *whole], lambda row, name: _set(row, name, "Neuland ß" if name in words else row[name] + 97)),
        (empty, lambda row, name: _set(row, name, np.nan)),
    ]
    parts = [rows.iloc[:PLAIN]]
    for place, (names, change) in enumerate(changes):
        start = PLAIN + place * EACH
        parts += [_changed(rows.iloc[[at]], names, at, change, taken) for at in range(start, start + EACH)]
    return pd.concat(parts)


def _changed(
    row: pd.DataFrame, names: list[Any], at: int, change: Callable[[pd.DataFrame, Any], None], taken: Taken
) -> pd.DataFrame:
    if not names:
        return row
    changed = row.copy()
    change(changed, names[at % len(names)])
    return changed if taken(changed) else row


def _set(row: pd.DataFrame, name: Any, value: Any) -> None:
    row[name] = pd.Series(value, row.index, dtype=object if row[name].dtype.kind in "Ob" else float)
