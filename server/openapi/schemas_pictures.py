"""Translate picture models to JSON Schema: requests and answers."""

from collections.abc import Iterable, Sequence

from model.task import Picture, Task
from server.openapi.schemas import STRING, Schema, array_of, closed_object, open_object, tuple_of
from server.pictures.batch import MIN_SIDE

BASE64: Schema = {**STRING, "description": "A JPEG or PNG file in base64 or as a data: URL."}
FILE: Schema = {**STRING, "format": "binary"}
SWITCH: Schema = {"type": "boolean"}

_OPTIONS: dict[str, Schema] = {
    "seen": {**SWITCH, "description": "Whether to return the picture as the model sees it."},
    "probabilities": SWITCH,
}
_PROBABILITY: Schema = {"type": "number", "minimum": 0, "maximum": 1}
_WARNINGS: Schema = {"type": "array", "items": STRING}
_SEEN: Schema = {**STRING, "pattern": "^data:image/png;base64,"}


def _pixels(pixel: Schema) -> Schema:
    row = {**array_of(pixel), "minItems": MIN_SIDE}
    return {**array_of(row), "minItems": MIN_SIDE}


_NUMBER: Schema = {"type": "number", "minimum": 0, "maximum": 255}
PIXELS: Schema = {
    "anyOf": [_pixels(_NUMBER), _pixels({**array_of(_NUMBER), "maxItems": 4})],
    "description": "Rows of equal length, from 0 to 255 or from 0 to 1. A colour pixel has 3 or 4 numbers.",
}


def one() -> Schema:
    link = {**STRING, "description": "URL of a picture on a host that IMAGE_HOSTS allows."}
    return {
        "anyOf": [
            closed_object({name: about} | _OPTIONS, list(_OPTIONS))
            for name, about in (("image", BASE64), ("url", link))
        ]
    }


def form() -> Schema:
    switch = {"enum": ["true", "false"]}
    return open_object({"image_file": FILE, "seen": switch, "probabilities": switch}, ["seen", "probabilities"])


def answer(task: Task) -> Schema:
    properties: dict[str, Schema] = {
        "label": {"enum": list(task.labels)},
        "prediction": {"enum": list(task.classes)},
        "probability": _PROBABILITY,
        "probabilities": _by_label(task),
        "warnings": _WARNINGS,
        "seen": _SEEN,
    }
    return closed_object(properties, ["seen"])


def label(task: Task) -> Schema:
    more: dict[str, Schema] = {"probabilities": _by_label(task), "warnings": _WARNINGS, "seen": _SEEN}
    return closed_object({"y": {"enum": list(task.labels)}} | more, list(more))


def batch() -> Schema:
    return closed_object(
        {"x": {"anyOf": [*PIXELS["anyOf"][:1], array_of(PIXELS)]}, "probabilities": SWITCH}, ["probabilities"]
    )


def classes(task: Task) -> Schema:
    each = tuple_of([_PROBABILITY] * len(task.classes))
    properties = {"y": array_of({"enum": list(task.classes)}), "probabilities": array_of(each), "warnings": _WARNINGS}
    return closed_object(properties, ["probabilities", "warnings"])


def instances() -> Schema:
    encoded = open_object({"b64": BASE64})
    return open_object({"instances": array_of({"anyOf": [encoded, open_object({"image_bytes": encoded}), PIXELS]})})


def tensors(picture: Picture) -> list[Schema]:
    """Return the schemas of the one input of a V2 request."""
    count: Schema = {"type": "integer", "minimum": 1}
    height, width, channel = {"const": picture.height}, {"const": picture.width}, {"const": picture.channels}
    numbers = [[count, channel, height, width], [count, height, width, channel]]
    if picture.channels == 1:
        numbers.insert(0, [count, height, width])
    return [
        _tensor("FP32", numbers, {"type": "array"}),
        _tensor("BYTES", ([count], [count, {"const": 1}]), array_of(BASE64)),
    ]


def _tensor(datatype: str, shapes: Iterable[Sequence[Schema]], data: Schema) -> Schema:
    shape = {"anyOf": [tuple_of(lengths) for lengths in shapes]}
    return open_object({"name": {"const": "input"}, "datatype": {"const": datatype}, "shape": shape, "data": data})


def _by_label(task: Task) -> Schema:
    return closed_object(dict.fromkeys(task.labels, _PROBABILITY))
