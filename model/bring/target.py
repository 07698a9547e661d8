"""Reads true values: the numbers of a regression, or classes, however the sample spells them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from model.bundle import BundleError
from model.task import Task

SHOWN = 5  # classes that a sentence names

_BOOLEANS = {"true": 1, "false": 0}


def numbers(column: pd.Series[Any]) -> NDArray[np.float64]:
    """Return the true values of a regression. Raises BundleError."""
    found = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
    if not np.isfinite(found).all():
        raise BundleError(f"The target {column.name!r} is not a number in row {np.isfinite(found).argmin() + 1}.")
    return found


def indices(column: pd.Series[Any], task: Task, own: Sequence[Any]) -> NDArray[np.intp]:
    """Return the indices of the true classes.

    Args:
        column: The true values, as text or as values.
        task: Their labels count, too: a target may hold "yes" where the model predicts 1.
        own: The classes as the pipeline has them, in the order of the task's.

    Raises:
        BundleError: A value is none of the classes.
    """
    by_text = {str(label): place for place, label in enumerate(task.labels)}
    by_text |= {str(value): place for place, value in enumerate(own)}
    by_number = {number: place for place, value in enumerate(own) if not math.isnan(number := _number(value))}
    found = []
    for row, value in enumerate(column.tolist(), 1):
        place = by_text.get(str(value), by_number.get(_number(value)))
        if place is None:
            raise BundleError(_unknown(str(column.name), value, row, task, own))
        found.append(place)
    return np.array(found, dtype=np.intp)


def _number(value: Any) -> float:
    """Return the number that a value is or spells, as "1.0", "1" and "True" all spell one, or NaN."""
    try:
        return float(_BOOLEANS.get(str(value).lower(), value))
    except ValueError:
        return math.nan


def _unknown(name: str, value: Any, row: int, task: Task, own: Sequence[Any]) -> str:
    shown = ", ".join(map(repr, own[:SHOWN])) + (", …" if len(own) > SHOWN else "")
    advice = ""
    if task.labels == tuple(map(str, own)) and math.isnan(_number(value)):
        advice = " If the classes were encoded, add --encoder with the file of the LabelEncoder, or --labels A,B,…"
    return f"The target {name!r} is {value!r} in row {row}, which is not one of {shown}.{advice}"
