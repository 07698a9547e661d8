"""JSON rows → what the model is fed. Every protocol's values pass through here; nothing is guessed."""

from collections.abc import Sequence, Sized
from typing import Any

import msgspec
import numpy as np

from model.task import MISSING_TEXT, Feature, Task
from server.errors import BadInput
from server.predictor import DTYPES, Rows, missing_value
from server.strict_json import kind


def from_records(task: Task, records: Sequence[object]) -> Rows:
    """Rows given as objects by field name or as lists in the order of the fields. Raises BadInput."""
    if not records:
        raise BadInput("The list of rows is empty; send at least one row.")
    rows = [_values(task, record, _where(records, index)) for index, record in enumerate(records)]
    return from_values(task, rows)


def from_values(task: Task, rows: list[list[Any]]) -> Rows:
    """Rows of as many values as the task has features, in their order. Raises BadInput."""
    if task.numeric and _all_numbers(rows):
        return {"input": _in_range(np.array(rows, np.float64), task.features)}
    columns = [
        [_value(feature, row[index], _where(rows, number)) for number, row in enumerate(rows)]
        for index, feature in enumerate(task.features)
    ]
    if task.numeric:
        return {"input": _in_range(np.array(columns, np.float64).T, task.features)}
    return {feature.name: _column(feature, column) for feature, column in zip(task.features, columns, strict=True)}


def finite(array: np.ndarray[Any, Any], features: Sequence[Feature]) -> None:
    """Refuse a NaN where no value may be missing, and every infinity. Raises BadInput."""
    if np.isfinite(array).all():
        return
    allowed = np.isnan(array) & np.array([feature.optional for feature in features])
    bad = np.argwhere(~np.isfinite(array) & ~allowed)
    if len(bad):
        row, column = bad[0]
        raise BadInput(f"{_where(array, row)}{features[column].name} must be a finite number.")


def known(feature: Feature, values: Sequence[str], where: str = "") -> None:
    """Refuse a string that the model knows nothing of, where it can answer no other. Raises BadInput."""
    if feature.closed and not set(values) <= {*feature.categories, *([MISSING_TEXT] if feature.optional else [])}:
        raise BadInput(f"{where}{feature.name} must be one of {_listed(feature.categories)}.")


def _values(task: Task, record: object, where: str) -> list[Any]:
    if type(record) is dict:
        if len(record) == len(task.features):
            try:
                return [record[name] for name in task.names]
            except KeyError:
                pass
        return _completed(task, record, where)
    if type(record) is not list:
        raise BadInput(f"{where}A row must be an object with the fields {_listed(task.names)}, not {kind(record)}.")
    if len(record) != len(task.features):
        raise BadInput(
            f"{where}A row has {len(task.features)} values, in this order: {_listed(task.names)}; "
            f"this one has {len(record)}."
        )
    return record


def _completed(task: Task, record: dict[str, Any], where: str) -> list[Any]:
    missing = [feature.name for feature in task.features if not feature.optional and feature.name not in record]
    if missing:
        raise BadInput(f"{where}The row lacks {_listed(missing)}; every row has the fields {_listed(task.names)}.")
    if unknown := len(record.keys() - set(task.names)):
        raise BadInput(
            f"{where}The row has {unknown} unknown field{'s' * (unknown > 1)}; send only {_listed(task.names)}."
        )
    return [record.get(name) for name in task.names]


def _all_numbers(rows: list[list[Any]]) -> bool:
    try:
        msgspec.convert(rows, list[list[float]])
    except (msgspec.ValidationError, OverflowError):
        return False
    return True


def _value(feature: Feature, value: object, where: str) -> float | str:
    if value is None and feature.optional:
        return missing_value(feature)
    if not feature.is_number:
        if type(value) is not str:
            raise BadInput(f"{where}{feature.name} must be a string, not {kind(value)}.")
        known(feature, [value], where)
        return value
    if type(value) is not float and type(value) is not int:
        raise BadInput(f"{where}{feature.name} must be a number, not {kind(value)}.")
    try:
        return float(value)
    except OverflowError as error:
        raise BadInput(f"{where}{feature.name} is too large a number.") from error


def _column(feature: Feature, values: list[float | str]) -> np.ndarray[Any, Any]:
    if feature.is_number:
        return _in_range(np.array(values, np.float64).reshape(-1, 1), [feature])
    return np.array(values, np.object_).reshape(-1, 1)


def _in_range(array: np.ndarray[Any, Any], features: Sequence[Feature]) -> np.ndarray[Any, Any]:
    datatype = features[0].datatype
    finite(array, features)
    largest = np.finfo(DTYPES[datatype]).max
    if (bad := np.argwhere(np.abs(array) > largest)).size:
        row, column = bad[0]
        raise BadInput(f"{_where(array, row)}{features[column].name} is too large a number for {datatype}.")
    return np.ascontiguousarray(array, DTYPES[datatype])


def _where(rows: Sized, index: int) -> str:
    """Which row a sentence is about; nothing where there is only one."""
    return f"Row {index}: " if len(rows) > 1 else ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
