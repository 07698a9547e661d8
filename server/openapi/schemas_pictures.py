"""Translate picture models to JSON Schema: requests and answers."""

from model.image.alarms import REASONS
from model.task import Task
from server.openapi.from_types import nullable, one_of_values
from server.openapi.names import Named, Schema
from server.openapi.schemas import NUMBER, PROBABILITY, STRING, array_of, closed_object, open_object, tuple_of
from server.pictures.batch import MIN_SIDE

BASE64: Schema = {**STRING, "description": "A JPEG, PNG or DICOM file in base64 or as a data: URL."}
FILE: Schema = {**STRING, "format": "binary", "description": "A JPEG, PNG or DICOM file."}
SWITCH: Schema = {"type": "boolean"}

_OPTIONS: dict[str, Schema] = {
    "seen": {**SWITCH, "description": "Whether to return the picture as the model sees it."},
    "probabilities": SWITCH,
}
_ALARM: Schema = Named("Alarm", closed_object({"reason": one_of_values(REASONS), "sentence": STRING}), shared=True)
_REMARKS: dict[str, Schema] = {
    "notes": {"type": "array", "items": STRING, "description": "What was done to the picture."},
    "alarms": {"type": "array", "items": _ALARM, "description": "Why not to trust the answer."},
    "warnings": {"type": "array", "items": STRING, "description": "The sentences of notes and alarms together."},
}
_SEEN: Schema = {**STRING, "pattern": "^data:image/png;base64,"}


def _pixels(pixel: Schema) -> Schema:
    row = {**array_of(pixel), "minItems": MIN_SIDE}
    return {**array_of(row), "minItems": MIN_SIDE}


_NUMBER: Schema = {**NUMBER, "minimum": 0, "maximum": 255}
_GREY = _pixels(_NUMBER)
PIXELS: Schema = {
    "anyOf": [_GREY, _pixels({**array_of(_NUMBER), "maxItems": 4})],
    "description": "Rows of equal length, from 0 to 255 or from 0 to 1. A colour pixel has 3 or 4 numbers.",
}


def one() -> Schema:
    link = {**STRING, "description": "URL of a picture on a host that IMAGE_HOSTS allows."}
    kinds = [
        Named(kind, closed_object({name: about} | _OPTIONS, list(_OPTIONS)), shared=True)
        for kind, name, about in (("PictureFile", "image", BASE64), ("PictureLink", "url", link))
    ]
    return Named("PictureRequest", {"anyOf": kinds}, shared=True)


def form() -> Schema:
    switch = {**STRING, "pattern": "^(true|false)$"}  # the TypeScript made of an `enum` in a form does not compile
    properties = {"image_file": FILE, "seen": switch, "probabilities": switch}
    return Named("PictureForm", open_object(properties, ["seen", "probabilities"]), shared=True)


def answer(task: Task) -> Schema:
    properties: dict[str, Schema] = {
        "label": nullable(one_of_values(task.labels)),
        "prediction": nullable(one_of_values(task.classes)),
        "probability": nullable(PROBABILITY),
        "probabilities": nullable(_by_label(task)),
        **_REMARKS,
        "seen": _SEEN,
    }
    return Named("Prediction", closed_object(properties, ["seen"]))


def label(task: Task) -> Schema:
    more: dict[str, Schema] = {"probabilities": nullable(_by_label(task)), **_REMARKS, "seen": _SEEN}
    return Named("Label", closed_object({"y": nullable(one_of_values(task.labels))} | more, list(more)))


def batch() -> Schema:
    properties = {"x": {"anyOf": [_GREY, array_of(PIXELS)]}, "probabilities": SWITCH}
    return Named("PictureBatch", closed_object(properties, ["probabilities"]), shared=True)


def classes(task: Task) -> Schema:
    each = nullable(tuple_of([PROBABILITY] * len(task.classes)))
    more = {
        "probabilities": array_of(each),
        **{name: array_of(_REMARKS[name]) for name in ("notes", "alarms")},
        "warnings": _REMARKS["warnings"],
    }
    return Named("Classes", closed_object({"y": array_of(nullable(one_of_values(task.classes)))} | more, list(more)))


def instances() -> Schema:
    encoded = Named("EncodedPicture", open_object({"b64": BASE64}), shared=True)
    nested = Named("NestedPicture", open_object({"image_bytes": encoded}), shared=True)
    each = array_of({"anyOf": [encoded, nested, PIXELS]})
    return Named("Pictures", open_object({"instances": each}), shared=True)


def _by_label(task: Task) -> Schema:
    return closed_object(dict.fromkeys(task.labels, PROBABILITY))
