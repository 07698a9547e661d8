"""Decode JSON rows into the arrays that the model is fed.

A body that fits the task is decoded in one pass. Any other body goes to `RowValidator`, which says what is wrong.
"""

from collections.abc import Sequence
from itertools import chain
from struct import pack
from typing import Any

import msgspec
import numpy as np
from msgspec import UNSET
from msgspec.structs import astuple
from numpy.typing import NDArray

from model.task import Feature, Task
from server.errors import InvalidInput
from server.json import strict
from server.rows.closed_numbers import closed_numbers
from server.rows.row_types import Values, batch_type, in_order, list_type, object_type
from server.rows.validate import RowValidator, where
from server.tensors import DTYPES, ModelInput, missing_value

_LARGEST = np.finfo(np.float32).max.item()  # every number that JSON can hold fits FP64
_STRUCT_CODES = {"FP32": "f", "FP64": "d"}


class RowReader:
    """Reads the rows of one task: objects by field name, or lists in the order of the features."""

    def __init__(self, task: Task) -> None:
        by_name, by_position = object_type(task), list_type(task)
        row = by_name | by_position if by_name else by_position
        self._one = msgspec.json.Decoder(by_name) if by_name else None
        self._batch: msgspec.json.Decoder[Any] = msgspec.json.Decoder(batch_type(row))
        self._validator = RowValidator(task, msgspec.json.Decoder(row))
        self._builder = InputBuilder(task)

    def read_one(self, body: bytes) -> ModelInput:
        """Read a body that is one row object. Raises InvalidInput."""
        if self._one is None:
            return self._builder.build(self._validator.read_one(body))
        try:
            rows: list[Values] = [astuple(strict.decode(self._one, body))]
        except msgspec.ValidationError:
            rows = self._validator.read_one(body)
        return self._builder.build(rows)

    def read_batch(self, body: bytes) -> ModelInput:
        """Read a body {"instances": [row, …]}. Raises InvalidInput."""
        try:
            rows = strict.decode(self._batch, body).instances
        except msgspec.ValidationError:
            return self._builder.build(self._validator.read_batch(body))
        if not rows:
            raise InvalidInput("The list of rows is empty. Send at least one row.", "empty_list")
        return self._builder.build(in_order(rows))


class InputBuilder:
    """Builds one array [rows, features] if all features are numbers, else one [rows, 1] for each feature."""

    def __init__(self, task: Task) -> None:
        self._features = task.features
        self._datatype = task.features[0].datatype if task.numeric else None
        self._optional = any(feature.optional for feature in task.features)
        self._closed = closed_numbers(task)

    def build(self, rows: Sequence[Values]) -> ModelInput:
        """Raises InvalidInput if a number exceeds the range of its datatype, or is not in the list of its feature."""
        if self._closed:
            self._closed.check_values(rows)
        try:
            return self._matrix(rows, self._datatype) if self._datatype else self._columns(rows)
        except OverflowError as error:
            raise self._too_large(rows) from error

    def _matrix(self, rows: Sequence[Values], datatype: str) -> ModelInput:
        values = rows[0] if len(rows) == 1 else list(chain.from_iterable(rows))
        if self._optional:
            values = _filled(values, missing_value(self._features[0]))
        return {"input": to_array(datatype, values).reshape(len(rows), -1)}

    def _columns(self, rows: Sequence[Values]) -> ModelInput:
        columns = zip(self._features, zip(*rows, strict=True), strict=True)
        return {feature.name: _column(feature, values) for feature, values in columns}

    def _too_large(self, rows: Sequence[Values]) -> InvalidInput:
        for index, row in enumerate(rows):
            for feature, value in zip(self._features, row, strict=True):
                if feature.datatype == "FP32" and type(value) is float and abs(value) > _LARGEST:
                    return InvalidInput(f"{where(rows, index)}{feature.name} is too large for FP32.", "value_range")
        raise AssertionError("no number is too large")


def to_array(datatype: str, values: Sequence[Any]) -> NDArray[Any]:
    """Return numbers or strings, known to be such, as a flat array.

    Raises:
        OverflowError: A number exceeds the range of the datatype.
    """
    if datatype == "BYTES":
        return np.array(values, np.object_)
    # struct takes half of numpy's time for Python's floats, and reports those that do not fit.
    return np.frombuffer(pack(f"={len(values)}{_STRUCT_CODES[datatype]}", *values), DTYPES[datatype])


def _column(feature: Feature, values: Values) -> NDArray[Any]:
    present = _filled(values, missing_value(feature)) if feature.optional else values
    return to_array(feature.datatype, present).reshape(-1, 1)


def _filled(values: Values, missing: float | str) -> Values:
    return [missing if value is None or value is UNSET else value for value in values]
