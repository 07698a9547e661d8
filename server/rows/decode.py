"""JSON rows → what the model is fed: in one pass where they fit, else with a sentence that says what does not."""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Raw
from msgspec.structs import astuple

from model.task import Task
from server.errors import InvalidInput
from server.json import strict
from server.rows import types as row_types
from server.rows.careful import RowValidator
from server.rows.features import Feed, Values, where
from server.tensors import Rows


class RowReader:
    """Reads the rows of one task: objects by field name, or lists in the order of the fields. Nothing is guessed."""

    def __init__(self, task: Task) -> None:
        self._task = task
        listed, record = row_types.values(task), row_types.record(task)
        row = record | listed if record else listed
        self._one = msgspec.json.Decoder(record) if record else None
        self._many = msgspec.json.Decoder(row_types.batch(row))
        self._row = msgspec.json.Decoder(row)
        self._careful = RowValidator(task)
        self._feed = Feed(task)

    def one(self, body: bytes) -> Rows:
        """A body of one row object. Raises InvalidInput."""
        row = _decoded(self._one, body)
        if row is None:
            return self._carefully(body, [self._object(body)])
        return self._feed.of([astuple(row)])

    def many(self, body: bytes) -> Rows:
        """A body {"instances": [row, …]}. Raises InvalidInput."""
        batch = _decoded(self._many, body)
        if batch is None:
            return self._carefully(body, _instances(body))
        if not batch.instances:
            raise InvalidInput("The list of rows is empty; send at least one row.")
        rows: list[Values] = batch.instances
        if set(map(type, rows)) != {tuple}:
            rows = list(map(_in_order, rows))
        return self._feed.of(rows)

    def _carefully(self, body: bytes, records: list[Raw]) -> Rows:
        """Rows that could not be decoded in one pass, so that one of them is wrong, or has an unusual name."""
        rows: list[Values] = []
        for index, record in enumerate(records):
            row = _decoded(self._row, record, strict.decode_part)
            try:
                rows.append(self._careful.read(record) if row is None else _in_order(row))
            except InvalidInput as error:
                raise InvalidInput(where(records, index) + error.sentence) from error
        strict.refuse_duplicate_keys(body)
        return self._feed.of(rows)

    def _object(self, body: bytes) -> Raw:
        record = strict.decode_part(_ANYTHING, body)
        if (kind := strict.kind(record)) != "an object":
            raise InvalidInput(
                f"The body must be one JSON object with the fields {', '.join(self._task.names)}, "
                f"not {kind}; for several rows use /predict/batch."
            )
        return record


class _Instances(msgspec.Struct):
    instances: list[Raw]


_INSTANCES = msgspec.json.Decoder(_Instances)
_ANYTHING = msgspec.json.Decoder(Raw)


def _decoded(decoder: msgspec.json.Decoder[Any] | None, body: Any, decode: Callable[..., Any] = strict.decode) -> Any:
    """None where the body is JSON of another type than the decoder's. Raises InvalidInput where it is no JSON."""
    try:
        return decoder and decode(decoder, body)
    except msgspec.ValidationError:
        return None


def _in_order(row: Any) -> Values:
    return row if type(row) is tuple else astuple(row)


def _instances(body: bytes) -> list[Raw]:
    try:
        return strict.decode_part(_INSTANCES, body).instances
    except msgspec.ValidationError as error:
        raise InvalidInput('The body must be a JSON object {"instances": [row, …]}.') from error
