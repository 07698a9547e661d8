"""A request for predictions of rows, between decoding its body and encoding its response."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from server.predictor import Predictor
from server.response import Response
from server.tensors import ModelInput, ModelOutput


class RowRequest(NamedTuple):
    """A request for predictions of rows whose body has been decoded.

    Attributes:
        rows: The rows.
        respond: Return the response, given the model's output for these rows. Raises InvalidInput.
    """

    rows: ModelInput
    respond: Callable[[ModelOutput], Response]


def answer_alone(
    predictor: Predictor,
    decode: Callable[[Predictor, bytes, Mapping[bytes, bytes]], RowRequest],
    body: bytes,
    headers: Mapping[bytes, bytes],
) -> Response:
    """Return the response to a request whose rows are predicted in a call of their own. Raises InvalidInput."""
    rows, respond = decode(predictor, body, headers)
    return respond(predictor.predict(rows))
