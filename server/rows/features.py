"""Rows of values, of the right types → what the graph of a task is fed."""

from collections.abc import Sequence, Sized
from itertools import chain
from typing import Any

import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from model.task import Feature, Task
from server import arrays
from server.errors import InvalidInput
from server.tensors import Rows, missing_value

Values = Sequence[Any]
"""One for each feature, in their order; None and UNSET are missing values."""

_LARGEST = np.finfo(np.float32).max.item()  # every number that JSON may hold fits FP64


class Feed:
    """Where all features are numbers one array [rows, features], else one [rows, 1] for each feature."""

    def __init__(self, task: Task) -> None:
        self._features = task.features
        self._datatype = task.features[0].datatype if task.numeric else None
        self._may_lack = any(feature.optional for feature in task.features)

    def of(self, rows: Sequence[Values]) -> Rows:
        """Raises InvalidInput where a number is beyond its datatype."""
        try:
            return self._matrix(rows, self._datatype) if self._datatype else self._columns(rows)
        except OverflowError as error:
            raise self._too_large(rows) from error

    def _matrix(self, rows: Sequence[Values], datatype: str) -> Rows:
        values = rows[0] if len(rows) == 1 else list(chain.from_iterable(rows))
        if self._may_lack:
            values = _filled(values, missing_value(self._features[0]))
        return {"input": arrays.flat(datatype, values).reshape(len(rows), -1)}

    def _columns(self, rows: Sequence[Values]) -> Rows:
        columns = zip(self._features, zip(*rows, strict=True), strict=True)
        return {feature.name: _column(feature, values) for feature, values in columns}

    def _too_large(self, rows: Sequence[Values]) -> InvalidInput:
        width = len(self._features)
        place = next(
            place
            for place, value in enumerate(chain.from_iterable(rows))
            if type(value) is float and abs(value) > _LARGEST and self._features[place % width].datatype == "FP32"
        )
        feature = self._features[place % width]
        return InvalidInput(
            f"{where(rows, place // width)}{feature.name} is too large a number for {feature.datatype}."
        )


def where(rows: Sized, index: int) -> str:
    """Which row a sentence is about; nothing where there is only one."""
    return f"Row {index}: " if len(rows) > 1 else ""


def _column(feature: Feature, values: Values) -> NDArray[Any]:
    present = _filled(values, missing_value(feature)) if feature.optional else values
    return arrays.flat(feature.datatype, present).reshape(-1, 1)


def _filled(values: Values, missing: float | str) -> Values:
    return [missing if value is None or value is UNSET else value for value in values]
