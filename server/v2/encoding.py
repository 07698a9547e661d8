"""How V2 requests and responses are written: as an HTTP body, or as a gRPC message. What they say is the same."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from server.route import Headers
from server.tensors import Tensor
from server.v2.request import InferRequest, read_request
from server.v2.response import ResponseWriter


class Encoding(NamedTuple):
    """One of the two.

    Attributes:
        read: (body, headers) → the request, and the bytes of its binary tensors in their order. Raises InvalidInput.
        writer: (model, version, outputs) → what writes the responses of a model.
    """

    read: Callable[[bytes, Headers], tuple[InferRequest, memoryview]]
    writer: Callable[[str, str, Sequence[Tensor]], ResponseWriter]


HTTP = Encoding(read_request, ResponseWriter)
