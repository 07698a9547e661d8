"""Make JSON Schema of the types that msgspec decodes and encodes, in a form that generators of clients take."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from server.openapi.names import Named, Schema

Bounds = Mapping[str, Mapping[str, Schema]]  # what types cannot say, by type and field


def of_type(kind: Any) -> Schema:
    """Return the schema of a type without components."""
    return plain(msgspec.json.schema(kind))


def of_request(kind: type, bounds: Bounds) -> Schema:
    """Return the schema of a type that is decoded. Unknown fields are ignored."""
    return _of_class(kind, lambda name, schema: _bounded(schema, bounds.get(name, {})))


def of_answer(kind: type) -> Schema:
    """Return the schema of a type that is encoded: with all fields, and no others."""
    return _of_class(
        kind, lambda _name, schema: {**schema, "required": list(schema["properties"]), "additionalProperties": False}
    )


def one_of_values(values: Sequence[Any]) -> Schema:
    """Return the schema of one of these strings or numbers."""
    kinds = set(map(type, values))
    name = "string" if kinds == {str} else "integer" if kinds == {int} else "number"
    return {"type": name, "enum": list(values)}


def nullable(schema: Schema) -> Schema:
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    values = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return schema | {"type": [*types, "null"]} | values


def plain(schema: Schema) -> Schema:
    """Return a schema with a list of types in place of a union, where it is one of types."""
    if "enum" in schema:
        return one_of_values(schema["enum"]) | schema
    forms = [plain(form) for form in schema.get("anyOf", [])]
    if not forms or any(isinstance(form, Named) for form in forms):
        return schema
    if all(form.keys() == {"type"} for form in forms):
        return {**_without(schema, "anyOf"), "type": [form["type"] for form in forms]}
    *rest, last = forms
    return nullable(rest[0]) if len(rest) == 1 and last == {"type": "null"} else schema


def _of_class(kind: type, complete: Any) -> Schema:
    (reference,), components = msgspec.json.schema_components((kind,))

    def resolve(schema: Any) -> Any:
        if isinstance(schema, list):
            return [resolve(item) for item in schema]
        if not isinstance(schema, dict):
            return schema
        if "$ref" not in schema:
            return plain({key: resolve(value) for key, value in schema.items()})
        name = schema["$ref"].rpartition("/")[2]
        component = _without(components[name], "title", "description")
        fields = {field: _without(resolve(about), "default") for field, about in component["properties"].items()}
        return Named(name, complete(name, component | {"properties": fields}), shared=True)

    schema: Schema = resolve(reference)
    return schema


def _bounded(schema: Schema, bounds: Mapping[str, Schema]) -> Schema:
    fields = schema["properties"].items()
    return schema | {"properties": {name: _with_bounds(about, bounds.get(name, {})) for name, about in fields}}


def _with_bounds(schema: Schema, bounds: Schema) -> Schema:
    return bounds if isinstance(bounds, Named) else schema | bounds if bounds else schema


def _without(schema: Schema, *names: str) -> Schema:
    if isinstance(schema, Named):
        return schema
    return {name: value for name, value in schema.items() if name not in names}
