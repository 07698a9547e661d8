"""What a row of a task looks like in JSON, as types that msgspec decodes in one pass."""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from model.task import MISSING_TEXT, Feature, Task


def value(feature: Feature) -> Any:
    kind: Any = float if feature.is_number else str
    if feature.closed:
        kind = Literal[(*feature.categories, MISSING_TEXT) if feature.optional else feature.categories]
    return kind | None if feature.optional else kind


def values(task: Task) -> Any:
    """A row as a tuple: the values in the order of the features."""
    return tuple[tuple(map(value, task.features))]  # type: ignore[misc]


def record(task: Task) -> type[msgspec.Struct] | None:
    """A row as an object by field name; None where msgspec cannot name its fields so (a quote in one, say)."""
    fields = [
        (
            f"field_{position}",
            value(feature) | UnsetType if feature.optional else value(feature),
            msgspec.field(name=feature.name, default=UNSET) if feature.optional else msgspec.field(name=feature.name),
        )
        for position, feature in enumerate(task.features)
    ]
    try:
        # Values hold no reference to their row: the garbage collector need not know of it.
        return msgspec.defstruct("Row", fields, kw_only=True, forbid_unknown_fields=True, gc=False)
    except ValueError:
        return None


def batch(row: Any) -> type[msgspec.Struct]:
    """{"instances": [row, …]}; other keys are let pass: KServe's own client sends some, and none changes the answer."""
    return msgspec.defstruct("Batch", [("instances", list[row])])
