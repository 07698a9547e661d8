"""Models of pictures → JSON Schema: what is sent, and what is answered."""

from collections.abc import Iterable, Sequence

from model.task import Picture, Task
from server.openapi.schemas import STRING, Schema, at_least, exactly, fixed, listed
from server.pictures.batch import MIN_SIDE

BASE64: Schema = {**STRING, "description": "A JPEG or PNG file in base64, or as a data: URL"}
FILE: Schema = {**STRING, "format": "binary"}
SWITCH: Schema = {"type": "boolean"}

_WISHES: dict[str, Schema] = {
    "seen": {**SWITCH, "description": "Whether to answer with the picture as the model sees it, too"},
    "probabilities": SWITCH,
}
_PROBABILITY: Schema = {"type": "number", "minimum": 0, "maximum": 1}
_WARNINGS: Schema = {"type": "array", "items": STRING}
_SEEN: Schema = {**STRING, "pattern": "^data:image/png;base64,"}


def _pixels(pixel: Schema) -> Schema:
    row = {**listed(pixel), "minItems": MIN_SIDE}
    return {**listed(row), "minItems": MIN_SIDE}


_NUMBER: Schema = {"type": "number", "minimum": 0, "maximum": 255}
PIXELS: Schema = {
    "anyOf": [_pixels(_NUMBER), _pixels({**listed(_NUMBER), "maxItems": 4})],
    "description": "Rows of as many pixels each, from 0 to 255 or from 0 to 1; a pixel in colour has 3 or 4 numbers",
}


def one() -> Schema:
    link = {**STRING, "description": "Of a picture at a host that IMAGE_HOSTS names"}
    return {
        "anyOf": [exactly({name: about} | _WISHES, list(_WISHES)) for name, about in (("image", BASE64), ("url", link))]
    }


def form() -> Schema:
    switch = {"enum": ["true", "false"]}
    return at_least({"image_file": FILE, "seen": switch, "probabilities": switch}, ["seen", "probabilities"])


def answer(task: Task) -> Schema:
    properties: dict[str, Schema] = {
        "label": {"enum": list(task.labels)},
        "prediction": {"enum": list(task.classes)},
        "probability": _PROBABILITY,
        "probabilities": _by_label(task),
        "warnings": _WARNINGS,
        "seen": _SEEN,
    }
    return exactly(properties, ["seen"])


def label(task: Task) -> Schema:
    more: dict[str, Schema] = {"probabilities": _by_label(task), "warnings": _WARNINGS, "seen": _SEEN}
    return exactly({"y": {"enum": list(task.labels)}} | more, list(more))


def batch() -> Schema:
    return exactly({"x": {"anyOf": [*PIXELS["anyOf"][:1], listed(PIXELS)]}, "probabilities": SWITCH}, ["probabilities"])


def classes(task: Task) -> Schema:
    each = fixed([_PROBABILITY] * len(task.classes))
    properties = {"y": listed({"enum": list(task.classes)}), "probabilities": listed(each), "warnings": _WARNINGS}
    return exactly(properties, ["probabilities", "warnings"])


def instances() -> Schema:
    encoded = at_least({"b64": BASE64})
    return at_least({"instances": listed({"anyOf": [encoded, at_least({"image_bytes": encoded}), PIXELS]})})


def tensors(picture: Picture) -> list[Schema]:
    """The one input of a V2 request, in each of its forms."""
    count: Schema = {"type": "integer", "minimum": 1}
    height, width, channel = {"const": picture.height}, {"const": picture.width}, {"const": 1}
    numbers = [count, height, width], [count, channel, height, width], [count, height, width, channel]
    return [
        _tensor("FP32", numbers, {"type": "array"}),
        _tensor("BYTES", ([count], [count, channel]), listed(BASE64)),
    ]


def _tensor(datatype: str, shapes: Iterable[Sequence[Schema]], data: Schema) -> Schema:
    shape = {"anyOf": [fixed(lengths) for lengths in shapes]}
    return at_least({"name": {"const": "input"}, "datatype": {"const": datatype}, "shape": shape, "data": data})


def _by_label(task: Task) -> Schema:
    return exactly(dict.fromkeys(task.labels, _PROBABILITY))
