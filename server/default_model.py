"""A path that names no model, where rows and pictures are both served: the body says which of the two it is."""

from collections.abc import Iterable
from typing import cast

import msgspec
from msgspec import UNSET, Raw, UnsetType
from msgspec.structs import astuple

from server.errors import InvalidInput
from server.json import strict
from server.paths import MANY
from server.predictor import Predictor
from server.response import JSON, Response
from server.route import Handler, Headers, Link, Route, media_type

Served = tuple[Predictor, Route]

_OBJECT = msgspec.json.Decoder(dict[str, Raw])


def between(path: str, asked: str, of_rows: Served, of_pictures: Served) -> Route:
    """asked: ONE or MANY of server/paths.py."""
    (rows_model, rows), (pictures_model, pictures) = of_rows, of_pictures
    names = rows_model.task.names
    if asked == MANY:
        row_keys, picture_keys = {"instances"}, ["x"]
        forms = 'rows, {"instances": [row, …]}', 'pictures, {"x": [picture, …]}'
    else:
        row_keys, picture_keys = set(names), ["image", "url"]
        forms = (
            f"one row, a JSON object with the fields {', '.join(names)}",
            'a picture, as image/jpeg, image/png, the field image_file of a form, or JSON {"image": base64}',
        )
    sentence = f"Send either {forms[0]} (for {rows_model.name}), or {forms[1]} (for {pictures_model.name})."
    choice = _Choice(cast(Handler, rows.handler), cast(Handler, pictures.handler), row_keys, picture_keys, sentence)
    reads = tuple(dict.fromkeys((*rows.reads, *pictures.reads)))

    def linked(body: bytes, headers: Headers) -> Link | None:
        return pictures.linked(body, headers) if choice.is_picture(body, headers) else None

    return Route(path, "POST", choice.handle, reads, rows.inline_bytes, choice.is_picture, linked)


class _Choice:
    """row_keys, picture_keys: a JSON object of the kind has at least one; sentence: for a body that is of neither."""

    def __init__(
        self, rows: Handler, pictures: Handler, row_keys: set[str], picture_keys: Iterable[str], sentence: str
    ) -> None:
        self._rows = rows
        self._pictures = pictures
        self._row_keys = row_keys
        self._sentence = sentence
        self._quoted = [msgspec.json.encode(key) for key in picture_keys]
        fields = [(key, Raw | UnsetType, UNSET) for key in picture_keys]
        self._decoder = msgspec.json.Decoder(msgspec.defstruct("Picture", fields))

    def handle(self, body: bytes, headers: Headers) -> Response:
        if self.is_picture(body, headers):
            return self._pictures(body, headers)
        try:
            return self._rows(body, headers)
        except InvalidInput as error:
            if self._row_keys.isdisjoint(_keys(body)):
                raise InvalidInput(self._sentence) from error
            raise

    def is_picture(self, body: bytes, headers: Headers) -> bool:
        if media_type(headers) != JSON:
            return True
        if not any(key in body for key in self._quoted):
            return False  # at a glance, as rows are answered in microseconds
        try:
            return any(value is not UNSET for value in astuple(self._decoder.decode(body)))
        except strict.UNREADABLE:
            return False


def _keys(body: bytes) -> Iterable[str]:
    """Of a JSON object. Raises InvalidInput where the body is no JSON."""
    try:
        return strict.decode_part(_OBJECT, body)
    except msgspec.ValidationError:
        return ()
