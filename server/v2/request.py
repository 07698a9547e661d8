"""Read the body of a V2 request: its JSON part, and the binary tensors behind it.

msgspec decodes the JSON in one pass, and allocates nothing for keys that the protocol does not name.
"""

import re
from collections.abc import Mapping
from itertools import chain
from typing import TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from server.errors import InvalidInput
from server.json import strict
from server.v2.structure import structure_error

T = TypeVar("T")

JSON_LENGTH = b"inference-header-content-length"

_LENGTH = re.compile(rb"[0-9]{1,10}[ \t]*")


class TensorParameters(msgspec.Struct):
    binary_data_size: int | UnsetType = UNSET


class InputTensor(msgspec.Struct):
    name: str
    shape: list[int]
    datatype: str
    data: msgspec.Raw | UnsetType = UNSET
    parameters: TensorParameters | UnsetType | None = UNSET


class WholeBody(InputTensor):
    """Triton's raw form: the whole body is the model's one input, which has the name, shape and datatype."""


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
    model_name: str | UnsetType | None = UNSET  # KServe's client sends it; the path names the model
    parameters: RequestParameters | UnsetType | None = UNSET
    outputs: list[RequestedOutput] | UnsetType | None = UNSET


_DECODER = msgspec.json.Decoder(InferRequest)


def read_request(body: bytes, headers: Mapping[bytes, bytes]) -> tuple[InferRequest, memoryview]:
    """Return the JSON part, decoded, and the bytes behind it. Raises InvalidInput."""
    document, binary = _divide(body, headers.get(JSON_LENGTH))
    if not document and binary:
        return InferRequest([WholeBody("", [], "")]), binary
    try:
        return strict.decode(_DECODER, document), binary
    except msgspec.ValidationError as error:
        raise structure_error(error) from error


def take_binary(tensor: InputTensor, binary: memoryview) -> tuple[memoryview | None, memoryview]:
    """Return the tensor's own bytes, or None if its data is in the JSON, and the bytes behind them.

    Raises:
        InvalidInput: The tensor has more bytes than there are, or data in the JSON besides.
    """
    size = tensor.parameters.binary_data_size if tensor.parameters else UNSET
    if size is UNSET:
        return None, binary
    if not 0 <= size <= len(binary) or (tensor.data and bytes(tensor.data) != b"null"):
        raise InvalidInput(
            f"Input '{tensor.name}': binary_data_size must be the number of its bytes in the binary part. "
            "Such an input must have no data in the JSON.",
            "binary_data",
        )
    return binary[:size], binary[size:]


def read_values(
    tensor: InputTensor,
    width: int,
    flat: msgspec.json.Decoder[list[T]],
    nested: msgspec.json.Decoder[list[list[T]]],
    kind: str,
) -> list[T]:
    """Return the values of a tensor [rows, width] whose data is in the JSON, flat or nested as its shape says.

    Args:
        tensor: The tensor.
        width: How many values a row has.
        flat: Decodes flat data.
        nested: Decodes nested data.
        kind: What the values are, in a sentence.

    Raises:
        InvalidInput: The data is something else, or has another shape.
    """
    data = tensor.data or b"null"
    try:
        return flat.decode(data)
    except strict.UNREADABLE:
        pass  # it may be nested
    try:
        rows = nested.decode(data)
    except strict.UNREADABLE as error:
        raise InvalidInput(
            f"Input '{tensor.name}': data must be a list of {kind}, flat or nested as its shape says.", "value_type"
        ) from error
    if set(map(len, rows)) != {width} or len(tensor.shape) == 1:
        raise shape_mismatch(tensor)
    return list(chain.from_iterable(rows))


def refuse_trailing_bytes(binary: memoryview) -> None:
    """Refuse bytes behind those of the last tensor. Raises InvalidInput."""
    if binary:
        raise InvalidInput(
            f"The binary part is {len(binary)} bytes longer than the binary_data_size of all inputs.", "binary_data"
        )


def shape_mismatch(tensor: InputTensor) -> InvalidInput:
    return InvalidInput(f"Input '{tensor.name}': data and shape disagree.", "shape")


def _divide(body: bytes, json_length: bytes | None) -> tuple[bytes, memoryview]:
    if json_length is None:
        return body, memoryview(b"")
    if not _LENGTH.fullmatch(json_length) or int(json_length) > len(body):
        raise InvalidInput("Inference-Header-Content-Length must be the length of the JSON part in bytes.", "header")
    return body[: int(json_length)], memoryview(body)[int(json_length) :]
