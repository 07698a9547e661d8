"""The form of a picture → what the model says of it. Imported only where a model of pictures is served."""

from collections.abc import Mapping

import msgspec

from server.errors import InvalidInput
from server.page.form import Asked, named
from server.pictures.form import parse_form
from server.pictures.request import decode_request
from server.pictures.rest import RestHandlers
from server.predictor import Predictor

TYPE = b"multipart/form-data"


def ask(predictors: Mapping[str, Predictor], body: bytes, headers: Mapping[bytes, bytes]) -> Asked:
    """Raises ServingError."""
    names = parse_form(body, headers[b"content-type"]).get(b"model", [])
    predictor = named(predictors, [name.decode("utf-8", "replace") for name in names])
    picture = predictor.task.picture
    if picture is None:
        raise InvalidInput("This model takes numbers, not a picture.")
    answer = RestHandlers(predictor, picture).predict(decode_request(body, headers))
    return Asked(predictor, msgspec.json.decode(answer), {})
