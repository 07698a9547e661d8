"""What is wrong with a row, in a sentence for whoever sent it."""

import sys
from collections.abc import Sequence, Sized
from typing import Any

import numpy as np

from model.task import Feature, Task
from server.errors import BadInput
from server.predictor import DTYPES
from server.strict_json import kind


def row(task: Task, records: Sequence[object], index: int) -> BadInput:
    """For the first of the rows that does not fit the task."""
    record = records[index]
    if type(record) is dict:
        wrong = _fields(task, record) or _values(task, [record.get(name) for name in task.names])
    elif type(record) is list:
        wrong = _length(task, record) or _values(task, record)
    else:
        wrong = f"A row must be an object with the fields {_listed(task.names)}, not {kind(record)}."
    return BadInput(_where(records, index) + wrong)


def too_large(task: Task, rows: Sequence[Sequence[Any]]) -> BadInput:
    """For rows that fit but for a number beyond its datatype."""
    numbers = [(place, feature) for place, feature in enumerate(task.features) if feature.is_number]
    limits = [(place, feature, np.finfo(DTYPES[feature.datatype]).max.item()) for place, feature in numbers]
    index, feature = next(
        (index, feature)
        for index, values in enumerate(rows)
        for place, feature, limit in limits
        if abs(values[place]) > limit
    )
    return BadInput(f"{_where(rows, index)}{feature.name} is too large a number for {feature.datatype}.")


def _fields(task: Task, record: dict[str, Any]) -> str:
    missing = [feature.name for feature in task.features if not feature.optional and feature.name not in record]
    if missing:
        return f"The row lacks {_listed(missing)}; every row has the fields {_listed(task.names)}."
    if unknown := len(record.keys() - set(task.names)):
        return f"The row has {unknown} unknown field{'s' * (unknown > 1)}; send only {_listed(task.names)}."
    return ""


def _length(task: Task, record: list[Any]) -> str:
    if len(record) == len(task.features):
        return ""
    return f"A row has {len(task.features)} values, in this order: {_listed(task.names)}; this one has {len(record)}."


def _values(task: Task, values: list[Any]) -> str:
    return next(filter(None, map(_value, task.features, values)), "The row cannot be read.")


def _value(feature: Feature, value: object) -> str:
    if value is None and feature.optional:
        return ""
    if feature.is_number:
        return _number(feature, value)
    if type(value) is not str:
        return f"{feature.name} must be a string, not {kind(value)}."
    if feature.closed and value not in feature.categories:
        return f"{feature.name} must be one of {_listed(feature.categories)}."
    return ""


def _number(feature: Feature, value: object) -> str:
    if type(value) is not float and type(value) is not int:
        return f"{feature.name} must be a number, not {kind(value)}."
    return f"{feature.name} is too large a number." if abs(value) > sys.float_info.max else ""


def _where(rows: Sized, index: int) -> str:
    """Which row a sentence is about; nothing where there is only one."""
    return f"Row {index}: " if len(rows) > 1 else ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
