"""Read rows value by value: slower than in one pass, but able to say which value of which row is wrong."""

from collections.abc import Sequence, Sized
from typing import Any

import msgspec
from msgspec import UNSET, Raw

from model.task import Feature, Task
from server.errors import InvalidInput, InvalidReason
from server.json import strict
from server.json.strict import kind
from server.rows.row_types import Values, in_order, value_type


class RowValidator:
    """Explains why a body that could not be decoded in one pass is invalid.

    It returns the rows if nothing is: those of a task with a field name that `object_type` cannot express.
    """

    def __init__(self, task: Task, row: msgspec.json.Decoder[Any]) -> None:
        self._features = task.features
        self._names = task.names
        self._row = row
        self._values = [msgspec.json.Decoder(value_type(feature)) for feature in task.features]

    def read_one(self, body: bytes) -> list[Values]:
        """Read a body that is one row object. Raises InvalidInput."""
        row = strict.decode_part(_ANYTHING, body)
        if kind(row) != "an object":
            raise InvalidInput(
                f"The body must be one JSON object with the fields {_listed(self._names)}, not {kind(row)}. "
                "For several rows, use /predict/batch.",
                "structure",
            )
        if "instances" not in self._names and "instances" in strict.decode_part(_OBJECT, row):
            raise InvalidInput('Send {"instances": [row, …]} to /predict/batch; this path takes one row.', "structure")
        return self._read([row], body)

    def read_batch(self, body: bytes) -> list[Values]:
        """Read a body {"instances": [row, …]}. Raises InvalidInput."""
        try:
            rows = strict.decode_part(_BATCH, body).instances
        except msgspec.ValidationError as error:
            raise InvalidInput('The body must be a JSON object {"instances": [row, …]}.', "structure") from error
        return self._read(rows, body)

    def _read(self, rows: list[Raw], body: bytes) -> list[Values]:
        read: list[Values] = []
        for index, row in enumerate(rows):
            try:
                read.append(self._read_row(row))
            except InvalidInput as error:
                raise InvalidInput(where(rows, index) + error.sentence, error.reason) from error
        strict.refuse_duplicate_keys(body)
        return read

    def _read_row(self, row: Raw) -> Values:
        try:
            return in_order([strict.decode_part(self._row, row)])[0]
        except msgspec.ValidationError:
            pass  # explained below
        match kind(row):
            case "an object":
                raws = self._by_name(strict.decode_part(_OBJECT, row))
            case "a list":
                raws = self._by_position(strict.decode_part(_LIST, row))
            case other:
                raise InvalidInput(
                    f"A row must be an object with the fields {_listed(self._names)}, or a list of their values in "
                    f"this order, not {other}.",
                    "structure",
                )
        each = zip(self._features, self._values, raws, strict=True)
        return [UNSET if raw is UNSET else _decoded(feature, decoder, raw) for feature, decoder, raw in each]

    def _by_name(self, row: dict[str, Raw]) -> list[Any]:
        required = [feature.name for feature in self._features if not feature.optional]
        if missing := [name for name in required if name not in row]:
            raise InvalidInput(
                f"The row lacks {_listed(missing)}. A row has the fields {_listed(self._names)}.", "missing_field"
            )
        if unknown := len(row.keys() - set(self._names)):
            raise InvalidInput(
                f"The row has {unknown} unknown field{'s' * (unknown > 1)}. Send only {_listed(self._names)}.",
                "unknown_field",
            )
        return [row.get(name, UNSET) for name in self._names]

    def _by_position(self, row: list[Raw]) -> list[Raw]:
        if len(row) != len(self._features):
            raise InvalidInput(
                f"A row sent as a list must have {len(self._features)} values, not {len(row)}. "
                f"Their order is {_listed(self._names)}.",
                "structure",
            )
        return row


def where(rows: Sized, index: int) -> str:
    """Return which row a sentence is about, or nothing if there is only one."""
    return f"Row {index}: " if len(rows) > 1 else ""


class _Batch(msgspec.Struct):
    instances: list[Raw]


_ANYTHING = msgspec.json.Decoder(Raw)
_BATCH = msgspec.json.Decoder(_Batch)
_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_LIST = msgspec.json.Decoder(list[Raw])


def _decoded(feature: Feature, decoder: msgspec.json.Decoder[Any], value: Raw) -> Any:
    try:
        return strict.decode_part(decoder, value)
    except msgspec.ValidationError as error:
        raise InvalidInput(*_problem(feature, value)) from error


def _problem(feature: Feature, value: Raw) -> tuple[str, InvalidReason]:
    if feature.boolean and kind(value) != "a number":
        return f"{feature.name} must be true or false, not {kind(value)}.", "value_type"
    if feature.is_number and kind(value) == "a number":
        return f"{feature.name} is too large for {feature.datatype}.", "value_range"
    if feature.is_number:
        return f"{feature.name} must be a number, not {kind(value)}.", "value_type"
    if feature.closed and kind(value) == "a string":
        return f"{feature.name} must be one of {_listed(feature.categories)}.", "unknown_category"
    return f"{feature.name} must be a string, not {kind(value)}.", "value_type"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
