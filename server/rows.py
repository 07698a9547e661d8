"""JSON rows → what the model is fed: in one pass where they fit, else with a sentence that says what does not."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import UNSET
from msgspec.structs import astuple

from model.task import Task
from server import arrays, misfit, row_types, strict_json
from server.errors import BadInput
from server.predictor import Rows, missing_value

Values = Sequence[Any]
"""One for each feature, in their order."""


class RowReader:
    """Reads the rows of one task: objects by field name, or lists in the order of the fields. Nothing is guessed."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._names = frozenset(task.names)
        self._missing = tuple(map(missing_value, task.features))
        self._datatype = task.features[0].datatype if task.numeric else None
        self._may_lack = any(feature.optional for feature in task.features)
        self._values = row_types.values(task)
        record = row_types.record(task)
        self._one = msgspec.json.Decoder(record) if record else None
        self._many = msgspec.json.Decoder(row_types.batch(record | self._values if record else self._values))

    def one(self, body: bytes) -> Rows:
        """A body of one row object. Raises BadInput."""
        row = _decoded(self._one, body)
        if row is None:
            return self.from_records([self._record(body)])
        return self._fed(body, [astuple(row)], members=len(self._names))

    def many(self, body: bytes) -> Rows:
        """A body {"instances": [row, …]}. Raises BadInput."""
        batch = _decoded(self._many, body)
        if batch is None or not batch.instances:
            return self.from_records(_instances(body))
        rows: list[Values] = [row if type(row) is tuple else astuple(row) for row in batch.instances]
        objects = len(rows) - list(map(type, batch.instances)).count(tuple)
        return self._fed(body, rows, members=1 + objects * len(self._names))

    def from_records(self, records: Sequence[object]) -> Rows:
        """Rows as JSON values. Slower, but it can say what is wrong with which. Raises BadInput."""
        if not records:
            raise BadInput("The list of rows is empty; send at least one row.")
        rows: list[Values] = []
        for index, record in enumerate(records):
            try:
                rows.append(msgspec.convert(self._in_order(record), self._values))
            except (msgspec.ValidationError, OverflowError) as error:
                raise misfit.row(self._task, records, index) from error
        return self._arrays(rows)

    def _in_order(self, record: object) -> object:
        if type(record) is dict and record.keys() <= self._names:
            return [record.get(name) for name in self._task.names]
        return record

    def _record(self, body: bytes) -> dict[str, Any]:
        record = strict_json.parse(body)
        if type(record) is not dict:
            raise BadInput(
                f"The body must be one JSON object with the fields {', '.join(self._task.names)}, "
                f"not {strict_json.kind(record)}; for several rows use /predict/batch."
            )
        return record

    def _fed(self, body: bytes, rows: list[Values], members: int) -> Rows:
        """Rows just decoded from a body that has as many object members, were no field left out."""
        if self._may_lack:
            members -= sum(values.count(UNSET) for values in rows)
        strict_json.refuse_repeated(body, members)
        return self._arrays(rows)

    def _arrays(self, rows: list[Values]) -> Rows:
        if self._may_lack:
            rows = [self._filled(values) for values in rows]
        try:
            if self._datatype:
                return {"input": arrays.matrix(self._datatype, rows)}
            return arrays.columns(self._task.features, rows)
        except OverflowError as error:
            raise misfit.too_large(self._task, rows) from error

    def _filled(self, values: Values) -> Values:
        return [
            missing if value is None or value is UNSET else value
            for value, missing in zip(values, self._missing, strict=True)
        ]


def _decoded(decoder: msgspec.json.Decoder[Any] | None, body: bytes) -> Any:
    """None where the body is JSON of another type than the decoder's. Raises BadInput where it is no JSON."""
    try:
        return decoder and strict_json.decode(decoder, body)
    except msgspec.ValidationError:
        return None


def _instances(body: bytes) -> list[object]:
    document = strict_json.parse(body)
    if type(document) is not dict or type(document.get("instances")) is not list:
        raise BadInput('The body must be a JSON object {"instances": [row, …]}.')
    instances: list[object] = document["instances"]
    return instances
