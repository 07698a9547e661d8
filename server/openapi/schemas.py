"""Translate tasks to JSON Schema: rows and answers, as exactly as a schema can describe them."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, get_args

import msgspec
import numpy as np

from model.task import MISSING_TEXT, Feature, Task
from server.backends import BackendName
from server.predictor import Predictor
from server.rows.closed_numbers import listed
from server.tensors import DTYPES

Schema = dict[str, Any]

STRING: Schema = {"type": "string"}
BOOLEAN_OR_BIT: Schema = {"type": ["boolean", "integer"], "minimum": 0, "maximum": 1}


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
    if all(item == items[0] for item in items):
        return {**count, "items": items[0]}
    return {**count, "prefixItems": list(items), "items": False}


def nullable(schema: Schema) -> Schema:
    if "enum" in schema:
        return {"enum": [*schema["enum"], None]}
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return schema | {"type": [*types, "null"]}


def row(task: Task) -> Schema:
    optional = [feature.name for feature in task.features if feature.optional]
    return closed_object({feature.name: _value(feature) | _described(feature) for feature in task.features}, optional)


def instances(task: Task) -> Schema:
    """Return the schema of a batch of rows, each an object or a list."""
    values = tuple_of([_value(feature) for feature in task.features])
    return open_object({"instances": array_of({"anyOf": [row(task), values]})})


def answer(predictor: Predictor) -> Schema:
    """Return the schema of the answer to one row."""
    task = predictor.task
    properties = {"prediction": prediction(task)}
    if task.classes:
        properties["label"] = {"enum": list(task.labels)}
    names = {output.name for output in predictor.outputs}
    if "probabilities" in names:
        properties["probability"] = {"type": "number", "minimum": 0, "maximum": 1}
    if "score" in names:
        properties["score"] = {"type": "number"}
    return closed_object(properties)


def prediction(task: Task) -> Schema:
    if task.targets:
        return tuple_of([{"type": "number"}] * len(task.targets))
    return {"enum": list(task.classes)} if task.classes else {"type": "number"}


def predictions(each: Schema) -> Schema:
    return closed_object({"predictions": array_of(each)})


def info(task: Task) -> Schema:
    return closed_object(
        {
            **dict.fromkeys(("name", "version", "model", "digest"), STRING),
            "models": array_of(STRING),
            "kind": {"const": task.kind},
            "backend": {"enum": list(get_args(BackendName))},
            "labels": {"const": list(task.labels)},
            **({"targets": {"const": list(task.targets)}} if task.targets else {}),
            **_takes(task),
        }
    )


def _takes(task: Task) -> dict[str, Schema]:
    if task.picture:
        return {"picture": {"const": msgspec.to_builtins(task.picture)}}
    number_or_null, boolean = nullable({"type": "number"}), {"type": "boolean"}
    feature = {
        "name": STRING,
        "datatype": {"enum": ["FP32", "FP64", "BYTES"]},
        "unit": STRING,
        "description": STRING,
        "minimum": number_or_null,
        "maximum": number_or_null,
        "categories": {"type": "array", "items": STRING},
        "closed": boolean,
        "boolean": boolean,
        "codes": {"type": "array", "items": {"type": "number"}},
        "optional": boolean,
    }
    return {"inputs": {"type": "array", "items": closed_object(feature)}, "example": row(task)}


def element(feature: Feature) -> Schema:
    """Return the schema of a value in a tensor of its own."""
    if feature.closed:
        return {"enum": [*feature.categories, *([MISSING_TEXT] if feature.optional else [])]}
    if feature.only_numbers:
        return {"enum": [int(number) if number.is_integer() else number for number in feature.only_numbers]}
    return number(feature.datatype) if feature.is_number else STRING


def number(datatype: str) -> Schema:
    """Return the schema of any number of a datatype."""
    largest = _largest(np.finfo(DTYPES[datatype]).max)
    return {"type": "number", "minimum": -largest, "maximum": largest}


def _largest(number: np.floating[Any]) -> float:
    """Return the largest double that is rounded to this number, the largest of its type, and not to infinity."""
    return math.nextafter(float(number) + float(np.spacing(number / 2)), 0)


def _value(feature: Feature) -> Schema:
    """Return the schema of a value in a row."""
    schema = BOOLEAN_OR_BIT if feature.boolean else element(feature)
    return nullable(schema) if feature.optional else schema


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
