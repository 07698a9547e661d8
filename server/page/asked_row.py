"""The form of a row → what the model says of it."""

import math
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

import msgspec

from model.task import Task
from server.errors import InvalidInput
from server.page.form import Asked, Row, named
from server.predictor import Predictor
from server.rows import rest

TYPE = b"application/x-www-form-urlencoded"

_MOST_FIELDS = 1000


def ask(predictors: Mapping[str, Predictor], body: bytes, _headers: Mapping[bytes, bytes]) -> Asked:
    """Raises InvalidInput, NotFound."""
    fields = _fields(body)
    predictor = named(predictors, fields.get("model", []))
    row = _row(predictor.task, fields | {"model": fields["model"][1:]})
    return Asked(predictor, msgspec.json.decode(rest.predict(predictor, msgspec.json.encode(row))), row)


def _fields(body: bytes) -> dict[str, list[str]]:
    try:
        return parse_qs(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError as error:
        raise InvalidInput("The form cannot be read; send it from the page.") from error


def _row(task: Task, fields: Mapping[str, Sequence[str]]) -> Row:
    """What is left empty is left out."""
    numbers = {feature.name for feature in task.features if feature.is_number}
    filled = {name: values[-1] for name, values in fields.items() if values and values[-1]}
    return {name: _number(name, text) if name in numbers else text for name, text in filled.items()}


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if "_" in text or not math.isfinite(number):
        raise InvalidInput(f"{name} must be a number, such as 12.5.", "value_type")
    return number
