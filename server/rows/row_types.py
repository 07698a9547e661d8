"""The JSON form of a task's rows, as types that msgspec decodes in one pass."""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import astuple

from model.task import MISSING_TEXT, Feature, Task

Values = Sequence[Any]  # one for each feature, in their order; None and UNSET are missing values


def value_type(feature: Feature) -> Any:
    kind: Any = float if feature.is_number else str
    if feature.boolean:
        kind = bool | float
    if feature.closed:
        kind = Literal[(*feature.categories, MISSING_TEXT) if feature.optional else feature.categories]
    return kind | None if feature.optional else kind


def list_type(task: Task) -> Any:
    """Return the type of a row sent as a list of values in the order of the features."""
    return tuple[tuple(map(value_type, task.features))]  # type: ignore[misc]


def object_type(task: Task) -> type[msgspec.Struct] | None:
    """Return the type of a row sent as an object by field name.

    It is None if a field's name has a character that JSON escapes, such as a quote: msgspec has no such Structs.
    """
    fields = [
        (
            f"field_{position}",
            value_type(feature) | UnsetType if feature.optional else value_type(feature),
            msgspec.field(name=feature.name, default=UNSET) if feature.optional else msgspec.field(name=feature.name),
        )
        for position, feature in enumerate(task.features)
    ]
    try:
        # A row is in no reference cycle, so the garbage collector need not track it.
        return msgspec.defstruct("Row", fields, kw_only=True, forbid_unknown_fields=True, gc=False)
    except ValueError:
        return None


def batch_type(row: Any) -> type[msgspec.Struct]:
    """Return the type of {"instances": [row, …]}. Other keys are ignored: KServe's own client sends some."""
    return msgspec.defstruct("Batch", [("instances", list[row])])


def in_order(rows: Sequence[Any]) -> list[Values]:
    """Return the values of decoded rows, each of which is a tuple or a Struct."""
    return [row if type(row) is tuple else astuple(row) for row in rows]
