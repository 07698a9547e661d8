"""Refuses numbers outside the closed list of a feature: its codes, or 0 and 1 of a boolean."""

from collections.abc import Sequence

import numpy as np
from msgspec import UNSET

from model.task import Feature, Task
from server.errors import InvalidInput
from server.rows.row_types import Values
from server.tensors import DTYPES, ModelInput


def closed_numbers(task: Task) -> "ClosedNumbers | None":
    """Return the check of the task's rows, or None if every feature accepts all numbers."""
    return ClosedNumbers(task) if any(feature.only_numbers for feature in task.features) else None


class ClosedNumbers:
    """The features of a task that accept only some numbers."""

    def __init__(self, task: Task) -> None:
        columns = enumerate(task.features) if task.numeric else ((0, feature) for feature in task.features)
        self._columns = [
            (feature, "input" if task.numeric else feature.name, place, _sorted(feature))
            for place, feature in columns
            if feature.only_numbers
        ]

        self._allowed = [
            (feature, place, frozenset((*feature.only_numbers, *((None, UNSET) if feature.optional else ()))))
            for place, feature in enumerate(task.features)
            if feature.only_numbers
        ]

    def check_values(self, rows: Sequence[Values]) -> None:
        """Raise InvalidInput if a feature does not accept a number. It is not rounded before: 1e-300 is not 0."""
        for feature, place, allowed in self._allowed:
            for index, row in enumerate(rows):
                if row[place] not in allowed:
                    raise _refusal(feature, index, len(rows))

    def check(self, rows: ModelInput) -> None:
        """Raise InvalidInput if a feature does not accept a number of the model's input."""
        for feature, name, place, known in self._columns:
            column = rows[name][:, place]
            # For one row this takes 3 µs, np.isin 20 µs.
            unknown = known.take(known.searchsorted(column), mode="clip") != column
            if feature.optional:
                unknown &= ~np.isnan(column)
            if unknown.any():
                raise _refusal(feature, int(unknown.argmax()), len(column))


def listed(feature: Feature) -> str:
    """Return in words what a feature accepts."""
    if feature.boolean:
        return "true or false"
    return f"one of {', '.join(map(shown, feature.codes))}"


def shown(code: float) -> str:
    return f"{code:.15g}"


def _refusal(feature: Feature, index: int, count: int) -> InvalidInput:
    row = f"Row {index}: " if count > 1 else ""
    return InvalidInput(f"{row}{feature.name} must be {listed(feature)}.", "unknown_category")


def _sorted(feature: Feature) -> np.ndarray[tuple[int], np.dtype[np.floating]]:
    known: Sequence[float] = sorted(feature.only_numbers)
    return np.array(known, DTYPES[feature.datatype])
