"""Says which values of a row lie outside everything that was seen in training. The prediction is a guess there."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.task import MISSING_TEXT, Feature, Task
from server.tensors import DTYPES, ModelInput

MOST = 3  # warnings about one row; more would make the response to a large batch many times as long as the request

Warnings = Sequence[Sequence[str]]  # sentences about each row; empty if there are none about any


class TrainingRanges:
    """The ranges and categories of one task, by the names of the model's inputs."""

    def __init__(self, task: Task) -> None:
        self._seen: list[tuple[str, _Numbers | _Texts]] = [
            (feature.name, _Numbers((feature,)) if feature.is_number else _Texts(feature))
            for feature in task.features
            if feature.is_number or feature.categories
        ]
        if task.numeric:
            self._seen = [("input", _Numbers(task.features))]

    def warnings(self, rows: ModelInput) -> Warnings:
        """Return the warnings about rows. No sentence repeats a value of the caller."""
        for name, seen in self._seen:
            if not seen.has_all(rows[name]):
                return self._explained(rows)
        return ()

    def _explained(self, rows: ModelInput) -> Warnings:
        warnings: list[list[str]] = [[] for _ in next(iter(rows.values()))]
        for name, seen in self._seen:
            for row, place in np.argwhere(seen.outside(rows[name])).tolist():
                warnings[row].append(seen.sentences[place])
        return list(map(_shortened, warnings))


def _shortened(warnings: list[str]) -> list[str]:
    more = len(warnings) - MOST
    if more <= 0:
        return warnings
    values = "value is" if more == 1 else "values are"
    return [*warnings[:MOST], f"{more} more {values} outside what was seen in training."]


class _Numbers:
    """The ranges of the columns of a tensor. A missing value, NaN, is within any."""

    def __init__(self, features: Sequence[Feature]) -> None:
        # In the tensor's datatype, in which the largest number seen in training may be rounded up.
        dtype = DTYPES[features[0].datatype]
        self._lows, self._highs = (np.array(ends, dtype) for ends in zip(*map(_range, features), strict=True))
        self._each_low, self._each_high = self._lows.tolist(), self._highs.tolist()
        self.sentences = [
            "{} is outside the range seen in training, {:.6g} to {:.6g}.".format(feature.name, *_range(feature))
            for feature in features
        ]

    def has_all(self, numbers: NDArray[np.floating]) -> bool:
        if len(numbers) > 1:
            return not self.outside(numbers).any()
        # For one row of six numbers the loop takes a fifth of numpy's time, and the word `strict` half as much again.
        (row,) = numbers.tolist()
        for number, low, high in zip(row, self._each_low, self._each_high):  # noqa: B905
            if number < low or number > high:
                return False
        return True

    def outside(self, numbers: NDArray[np.floating]) -> NDArray[np.bool_]:
        return (numbers < self._lows) | (numbers > self._highs)


def _range(feature: Feature) -> tuple[float, float]:
    if feature.minimum is None or feature.maximum is None:
        return -np.inf, np.inf
    return feature.minimum, feature.maximum


class _Texts:
    """The categories of a column."""

    def __init__(self, feature: Feature) -> None:
        self._seen = frozenset((*feature.categories, *((MISSING_TEXT,) if feature.optional else ())))
        self.sentences = [f"{feature.name} is none of the {len(feature.categories)} texts seen in training."]

    def has_all(self, texts: NDArray[np.object_]) -> bool:
        return self._seen.issuperset(texts[:, 0].tolist())

    def outside(self, texts: NDArray[np.object_]) -> NDArray[np.bool_]:
        return np.array([[text not in self._seen] for text in texts[:, 0].tolist()])
