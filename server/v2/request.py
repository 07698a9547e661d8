"""The JSON part of a V2 request, decoded in one pass that allocates nothing for what the protocol does not name."""

import msgspec
from msgspec import UNSET, UnsetType

from server.errors import InvalidInput
from server.json import strict


class TensorParameters(msgspec.Struct):
    binary_data_size: int | UnsetType = UNSET


class InputTensor(msgspec.Struct):
    name: str
    shape: list[int]
    datatype: str
    data: msgspec.Raw | UnsetType = UNSET
    parameters: TensorParameters | UnsetType | None = UNSET


class OutputParameters(msgspec.Struct):
    binary_data: bool | UnsetType = UNSET


class RequestedOutput(msgspec.Struct):
    name: str
    parameters: OutputParameters | UnsetType | None = UNSET


class RequestParameters(msgspec.Struct):
    binary_data_output: bool | UnsetType = UNSET


class InferRequest(msgspec.Struct):
    inputs: list[InputTensor]
    id: str | UnsetType | None = UNSET
    model_name: str | UnsetType | None = UNSET  # KServe's client sends it; the path says which model
    parameters: RequestParameters | UnsetType | None = UNSET
    outputs: list[RequestedOutput] | UnsetType | None = UNSET


_DECODER = msgspec.json.Decoder(InferRequest)


def decode(document: bytes) -> InferRequest:
    """Raises InvalidInput."""
    try:
        request: InferRequest = strict.decode(_DECODER, document)
    except msgspec.ValidationError as error:
        raise InvalidInput(
            'The body must be a V2 request: {"inputs": [{"name": …, "shape": [rows, …], "datatype": …, "data": […]}]}.'
        ) from error
    return request
