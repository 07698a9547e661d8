"""Say which field of a V2 request has the wrong structure."""

import re

import msgspec

from server.errors import InvalidInput

_FORM = 'A V2 request is {"inputs": [{"name": …, "shape": [rows, …], "datatype": …, "data": […]}]}.'

_OBJECT = "an object"
_STRING = "a string"
_BOOLEAN = "true or false"
_EXPECTED = {
    "inputs": "a list of tensors",
    "inputs[0]": _OBJECT,
    "name": _STRING,
    "shape": "a list of whole numbers",
    "datatype": _STRING,
    "id": _STRING,
    "model_name": _STRING,
    "parameters": _OBJECT,
    "outputs": "a list of objects",
    "outputs[0]": _OBJECT,
    "binary_data_size": "a whole number",
    "binary_data": _BOOLEAN,
    "binary_data_output": _BOOLEAN,
}

# msgspec's own words: "Object missing required field `NAME` - at `$.inputs[0]`", "Expected `int`, … - at `$.id`".
_MISSING = re.compile(r"missing required field `(\w+)`")
_PLACE = re.compile(r"at `\$\.([\w.\[\]]+)`")
_INDEX = re.compile(r"\[\d+\]")


def structure_error(error: msgspec.ValidationError) -> InvalidInput:
    """Return the refusal of a JSON document that is no V2 request."""
    missing, place = _MISSING.search(str(error)), _PLACE.search(str(error))
    path = place[1].split(".") if place else []
    if missing:
        return _refusal(missing[1], "is missing", path)
    if not path:
        return InvalidInput(f"The body must be a JSON object. {_FORM}", "structure")
    *path, field = path
    if field.startswith("shape"):
        field = "shape"
    return _refusal(field, f"must be {_EXPECTED[_INDEX.sub('[0]', field)]}", path)


def _refusal(field: str, problem: str, path: list[str]) -> InvalidInput:
    inside = "".join(f" of {part}" for part in reversed(path))
    return InvalidInput(f"The field {field}{inside} {problem}. {_FORM}", "structure")
