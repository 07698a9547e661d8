"""Paths that name no model: which model answers, where the body decides between rows and a picture."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TypeVar, cast

import msgspec
from msgspec import UNSET, Raw, UnsetType
from msgspec.structs import astuple

from server.errors import InvalidInput
from server.json import strict
from server.predictor import Predictor
from server.response import JSON, Response
from server.route import PREDICT_BATCH, Decode, Handler, Headers, Route, media_type
from server.row_request import RowRequest

T = TypeVar("T")

_OBJECT = msgspec.json.Decoder(dict[str, Raw])


def default_models(served: Mapping[Predictor, Mapping[str, T]], path: str) -> list[tuple[Predictor, T]]:
    """Return what stands under the path of the first model of rows, then of the first of pictures, if there are any."""
    found: dict[bool, tuple[Predictor, T]] = {}
    for predictor, of_model in served.items():
        if path in of_model:
            found.setdefault(predictor.task.picture is not None, (predictor, of_model[path]))
    return [found[takes_pictures] for takes_pictures in sorted(found)]


def default_route(
    path: str, template: str, row_route: tuple[Predictor, Route], picture_route: tuple[Predictor, Route]
) -> Route:
    """Return the route that chooses between a model of rows and one of pictures by the request's content."""
    (rows_model, rows), (pictures_model, pictures) = row_route, picture_route
    names = rows_model.task.names
    if template == PREDICT_BATCH:
        row_keys, picture_keys = {"instances"}, ["x"]
        forms = 'rows, {"instances": [row, …]}', 'pictures, {"x": [picture, …]}'
    else:
        row_keys, picture_keys = set(names), ["image", "url"]
        file = "image/jpeg, image/png or application/dicom, as the field image_file of a form"
        forms = (
            f"one row, a JSON object with the fields {', '.join(names)}",
            f'a picture, as {file}, or as JSON {{"image": base64}}',
        )
    sentence = f"Send either {forms[0]} (for {rows_model.name}), or {forms[1]} (for {pictures_model.name})."
    router = ContentRouter(rows, pictures, row_keys, picture_keys, sentence)
    reads = tuple(dict.fromkeys((*rows.reads, *pictures.reads)))
    return Route(path, "POST", router.handle_rows, reads, choose=router.choose)


class ContentRouter:
    """Chooses between a route of rows and one of pictures by the content of a request.

    Args:
        rows: Handles JSON that is not a picture's.
        pictures: Handles every other content type, and JSON with a picture's keys.
        row_keys: Keys of which a JSON object for rows has at least one.
        picture_keys: Keys of which a JSON object for pictures has at least one.
        sentence: Refuses a body that has none of these keys.
    """

    def __init__(
        self, rows: Route, pictures: Route, row_keys: set[str], picture_keys: Iterable[str], sentence: str
    ) -> None:
        self._handle_rows = cast(Handler, rows.handler)
        self._decode_rows = cast(Decode, rows.decode)
        self._rows = replace(rows, handler=self.handle_rows, decode=self.decode_rows)
        self._pictures = pictures
        self._row_keys = row_keys
        self._sentence = sentence
        self._quoted = [msgspec.json.encode(key) for key in picture_keys]
        fields = [(key, Raw | UnsetType, UNSET) for key in picture_keys]
        self._decoder = msgspec.json.Decoder(msgspec.defstruct("Picture", fields))

    def choose(self, body: bytes, headers: Headers) -> Route:
        return self._pictures if self._is_picture(body, headers) else self._rows

    def handle_rows(self, body: bytes, headers: Headers) -> Response:
        """Handle a body that is not a picture's. Raises InvalidInput, with both forms if the body has neither."""
        return self._explained(self._handle_rows, body, headers)

    def decode_rows(self, body: bytes, headers: Headers) -> RowRequest:
        """Decode a body that is not a picture's. Raises InvalidInput, with both forms if the body has neither."""
        return self._explained(self._decode_rows, body, headers)

    def _explained(self, read: Callable[[bytes, Headers], T], body: bytes, headers: Headers) -> T:
        try:
            return read(body, headers)
        except InvalidInput as error:
            if self._row_keys.isdisjoint(_keys(body)):
                raise InvalidInput(self._sentence, "structure") from error
            raise

    def _is_picture(self, body: bytes, headers: Headers) -> bool:
        if headers.get(b"content-type") != JSON and media_type(headers) != JSON:
            return True
        if not any(key in body for key in self._quoted):
            return False  # without parsing: a row is answered in some 60 µs
        try:
            return any(value is not UNSET for value in astuple(strict.decode_part(self._decoder, body)))
        except (msgspec.ValidationError, InvalidInput):
            return False


def _keys(body: bytes) -> Iterable[str]:
    """Return the keys of a JSON object. Raises InvalidInput if the body is not JSON."""
    try:
        return strict.decode_part(_OBJECT, body)
    except msgspec.ValidationError:
        return ()
