"""Answer the page's form, which browsers send when no script runs."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import msgspec

from model.task import Feature, Task
from server.errors import InvalidInput, NotFound
from server.predictor import Predictor
from server.rows import rest

ROW_FORM = b"application/x-www-form-urlencoded"
PICTURE_FORM = b"multipart/form-data"

_MAX_FIELDS = 1000

Predictors = Mapping[str, Predictor]
Row = Mapping[str, bool | float | str]


class FormResult(NamedTuple):
    """The answer to a form.

    Attributes:
        predictor: The model that answered.
        answer: What POST /predict returns, decoded; with "seen" for a picture.
        row: The values that were sent; empty for a picture.
    """

    predictor: Predictor
    answer: Mapping[str, Any]
    row: Row


def answer_row(predictors: Predictors, body: bytes, _headers: Mapping[bytes, bytes]) -> FormResult:
    """Predict the row in a URL-encoded form.

    Raises:
        InvalidInput: The form cannot be read, or the row is wrong.
        NotFound: The form names no model that is served.
    """
    fields = _decode(body)
    predictor = _predictor(predictors, fields.get("model", []))
    # The first value of "model" names the model; a second one belongs to a feature of that name.
    row = _row(predictor.task, fields | {"model": fields["model"][1:]})
    return FormResult(predictor, msgspec.json.decode(rest.predict(predictor, msgspec.json.encode(row), {}).body), row)


def answer_picture(predictors: Predictors, body: bytes, headers: Mapping[bytes, bytes]) -> FormResult:
    """Predict the picture in a multipart form. Raises ServingError."""
    # Imported here because Pillow is loaded only where a model of pictures is served.
    from server.pictures.form import parse_form  # noqa: PLC0415
    from server.pictures.rest import RestHandlers, handle_one  # noqa: PLC0415

    names = parse_form(body, headers[b"content-type"]).get(b"model", [])
    predictor = _predictor(predictors, [name.decode("utf-8", "replace") for name in names])
    picture = predictor.task.picture
    if picture is None:
        raise InvalidInput("This model takes numbers, not a picture.", "form")
    answer = handle_one(RestHandlers(predictor, picture).predict, body, headers)
    return FormResult(predictor, msgspec.json.decode(answer.body), {})


def _predictor(predictors: Predictors, names: Sequence[str]) -> Predictor:
    if not names or names[0] not in predictors:
        raise NotFound(f"The form names no model that is served here. Use one of these: {', '.join(predictors)}.")
    return predictors[names[0]]


def _decode(body: bytes) -> dict[str, list[str]]:
    try:
        return parse_qs(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError as error:
        raise InvalidInput("The form cannot be read. Send it from the page.", "form") from error


def _row(task: Task, fields: Mapping[str, Sequence[str]]) -> Row:
    """Return the values that are not blank. A blank field is a missing value."""
    features = {feature.name: feature for feature in task.features}
    filled = {name: values[-1] for name, values in fields.items() if values and values[-1]}
    return {name: _value(features[name], text) if name in features else text for name, text in filled.items()}


def _value(feature: Feature, text: str) -> bool | float | str:
    if feature.boolean and text in ("true", "false"):
        return text == "true"
    return _number(feature.name, text) if feature.is_number else text


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if "_" in text or not math.isfinite(number):
        raise InvalidInput(f"{name} must be a number, such as 12.5.", "value_type")
    return number
