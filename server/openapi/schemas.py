"""Translate tasks to JSON Schema: rows and answers, as exactly as a schema can describe them."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, get_args

import numpy as np

from model.task import Feature, Number, Picture, Task
from server.backends import BackendName
from server.openapi.from_types import of_answer, of_type, one_of_values
from server.openapi.names import Named, Schema
from server.predictor import Predictor
from server.rows.closed_numbers import listed
from server.rows.row_types import value_type
from server.tensors import DTYPES

STRING: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number", "format": "double"}  # without a format, generators make single precision of it
PROBABILITY: Schema = {**NUMBER, "minimum": 0, "maximum": 1}


def closed_object(properties: Mapping[str, Schema], optional: Sequence[str] = ()) -> Schema:
    """Return the schema of an object with these properties and no others."""
    return {**open_object(properties, optional), "additionalProperties": False}


def open_object(properties: Mapping[str, Schema], optional: Sequence[str] = ()) -> Schema:
    """Return the schema of an object that may have further properties."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": dict(properties), "required": required}


def array_of(items: Schema) -> Schema:
    """Return the schema of an array of at least one item."""
    return {"type": "array", "items": items, "minItems": 1}


def tuple_of(items: Sequence[Schema]) -> Schema:
    """Return the schema of an array with exactly these items."""
    count = {"type": "array", "minItems": len(items), "maxItems": len(items)}
    # The Go that generators make of a list of nullable numbers does not compile.
    if all(item == items[0] for item in items) and isinstance(items[0].get("type"), str):
        return {**count, "items": items[0]}
    return {**count, "prefixItems": list(items), "items": {}}  # generators take no `items: false`


_RATES = Named("Rates", closed_object(dict.fromkeys(("requests_per_second", "rows_per_second"), NUMBER)), shared=True)
_SPEEDS = {
    **closed_object(dict.fromkeys(get_args(BackendName), _RATES), get_args(BackendName)),
    "description": "Rows per second where the model was bundled, one by one and in batches of up to 1,000.",
}


def row(task: Task) -> Schema:
    optional = [feature.name for feature in task.features if feature.optional]
    values = {feature.name: value(feature) | _described(feature) for feature in task.features}
    return Named("Row", closed_object(values, optional))


def instances(task: Task) -> Schema:
    """Return the schema of a batch of rows, each an object or a list."""
    values = tuple_of([value(feature) for feature in task.features])
    return Named("Rows", open_object({"instances": array_of({"anyOf": [row(task), values]})}))


def answer(predictor: Predictor) -> Schema:
    """Return the schema of the answer to one row."""
    task = predictor.task
    properties = {task.number.name if task.number else "prediction": prediction(task)}
    if task.classes:
        properties["label"] = one_of_values(task.labels)
    names = {output.name for output in predictor.outputs}
    if "probabilities" in names:
        properties["probability"] = PROBABILITY
    if "score" in names:
        properties["score"] = NUMBER
    properties["warnings"] = {**array_of(STRING), "description": "Values outside those seen in training."}
    return Named("Prediction", closed_object(properties, ["warnings"]))


def prediction(task: Task) -> Schema:
    if task.targets:
        return tuple_of([NUMBER] * len(task.targets))
    return one_of_values(task.classes) if task.classes else NUMBER


def predictions(each: Schema, name: str = "Predictions") -> Schema:
    return Named(name, closed_object({"predictions": array_of(each)}))


def info(task: Task) -> Schema:
    return Named(
        "Info",
        closed_object(
            {
                **dict.fromkeys(("name", "version", "model", "digest"), STRING),
                "models": array_of(STRING),
                "kind": one_of_values([task.kind]),
                "backend": one_of_values(get_args(BackendName)),
                "labels": {"type": "array", "items": STRING},
                **({"targets": array_of(STRING)} if task.targets else {}),
                **({"number": of_answer(Number)} if task.number else {}),
                **_takes(task),
                "speed": _SPEEDS,
            },
            ["speed"],
        ),
    )


def _takes(task: Task) -> dict[str, Schema]:
    if task.picture:
        return {"picture": of_answer(Picture)}
    return {"inputs": {"type": "array", "items": of_answer(Feature)}, "example": row(task)}


def _bounds(datatype: str) -> Schema:
    largest = _largest(np.finfo(DTYPES[datatype]).max)
    return {"format": NUMBER["format"], "minimum": -largest, "maximum": largest}


def _largest(number: np.floating[Any]) -> float:
    """Return the largest double that is rounded to this number, the largest of its type, and not to infinity."""
    return math.nextafter(float(number) + float(np.spacing(number / 2)), 0)


def value(feature: Feature) -> Schema:
    """Return the schema of a value in a row: that of the type that decodes it, with its bounds."""
    schema = of_type(value_type(feature))
    if feature.boolean:
        types = ["integer" if name == "number" else name for name in schema["type"]]
        return schema | {"type": types, "minimum": 0, "maximum": 1}
    if feature.only_numbers:
        codes = [int(number) if number.is_integer() else number for number in feature.only_numbers]
        return schema | {"enum": [*codes, *([None] if feature.optional else [])]}
    return schema | _bounds(feature.datatype) if feature.is_number else schema


def _described(feature: Feature) -> Schema:
    seen = ""
    if feature.only_numbers:
        seen = listed(feature)
    elif feature.minimum is not None and feature.maximum is not None:
        seen = f"seen in training: {feature.minimum:g} to {feature.maximum:g}"
    elif feature.categories and not feature.closed:
        seen = f"seen in training: {', '.join(feature.categories)}"
    words = ", ".join(filter(None, (feature.description, feature.unit, seen)))
    return {"description": words} if words else {}
