"""One row, read value by value: slower than in one pass, but it can say what is wrong with which value."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import UNSET, Raw

from model.task import Feature, Task
from server.errors import InvalidInput
from server.json import strict
from server.json.strict import kind
from server.rows import types as row_types


class RowValidator:
    """Reads rows of one task."""

    def __init__(self, task: Task) -> None:
        self._features = task.features
        self._names = task.names
        self._values = [msgspec.json.Decoder(row_types.value(feature)) for feature in task.features]
        self._object = msgspec.json.Decoder(dict[str, Raw])
        self._list = msgspec.json.Decoder(list[Raw])

    def read(self, row: Raw) -> list[Any]:
        """The values in the order of the features, UNSET for a field left out. Raises InvalidInput."""
        match kind(row):
            case "an object":
                written = self._by_name(strict.decode_part(self._object, row))
            case "a list":
                written = self._by_place(strict.decode_part(self._list, row))
            case other:
                raise InvalidInput(f"A row must be an object with the fields {_listed(self._names)}, not {other}.")
        each = zip(self._features, self._values, written, strict=True)
        return [UNSET if value is UNSET else _decoded(feature, decoder, value) for feature, decoder, value in each]

    def _by_name(self, row: dict[str, Raw]) -> list[Any]:
        needed = [feature.name for feature in self._features if not feature.optional]
        if missing := [name for name in needed if name not in row]:
            raise InvalidInput(f"The row lacks {_listed(missing)}; every row has the fields {_listed(self._names)}.")
        if unknown := len(row.keys() - set(self._names)):
            raise InvalidInput(
                f"The row has {unknown} unknown field{'s' * (unknown > 1)}; send only {_listed(self._names)}."
            )
        return [row.get(name, UNSET) for name in self._names]

    def _by_place(self, row: list[Raw]) -> list[Raw]:
        if len(row) != len(self._features):
            raise InvalidInput(
                f"A row has {len(self._features)} values, in this order: {_listed(self._names)}; "
                f"this one has {len(row)}."
            )
        return row


def _decoded(feature: Feature, decoder: msgspec.json.Decoder[Any], value: Raw) -> Any:
    try:
        return strict.decode_part(decoder, value)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"{feature.name} {_wrong(feature, value)}.") from error


def _wrong(feature: Feature, value: Raw) -> str:
    if feature.is_number:
        return "is too large a number" if kind(value) == "a number" else f"must be a number, not {kind(value)}"
    if feature.closed and kind(value) == "a string":
        return f"must be one of {_listed(feature.categories)}"
    return f"must be a string, not {kind(value)}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
