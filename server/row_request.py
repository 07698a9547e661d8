"""A request for predictions of rows, between decoding its body and encoding its response."""

from collections.abc import Callable
from typing import NamedTuple

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
