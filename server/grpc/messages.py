"""ModelInfer's messages, as the V2 requests and responses that HTTP has too.

Tensors are passed on in V2's binary form, whether they came raw or in typed contents.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar
from uuid import uuid4

import msgspec
import numpy as np
from google.protobuf.message import DecodeError
from kserve.protocol.grpc.grpc_predict_v2_pb2 import ModelInferRequest, ModelInferResponse
from msgspec import UNSET

from server.errors import InvalidInput, NotFound
from server.predictor import Predictor
from server.response import Response
from server.route import Headers
from server.tensors import Tensor
from server.v2.encoding import Encoding
from server.v2.request import (
    InferRequest,
    InputTensor,
    OutputParameters,
    RequestedOutput,
    RequestParameters,
    TensorParameters,
)
from server.v2.response import ResponseWriter
from server.v2.strings import pack, pack_strings

_MODEL_NAME = b"\x0a"  # the tag of the field
_SHORT = frozenset(bytes([length]) for length in range(1, 128))  # lengths that take one byte

T = TypeVar("T", TensorParameters, OutputParameters, RequestParameters)


class _Contents(NamedTuple):
    """Where typed contents of a datatype are, and the datatype's binary form."""

    field: str
    dtype: str


_CONTENTS: Mapping[str, _Contents] = {
    "BOOL": _Contents("bool_contents", "?"),
    "INT8": _Contents("int_contents", "<i1"),
    "INT16": _Contents("int_contents", "<i2"),
    "INT32": _Contents("int_contents", "<i4"),
    "INT64": _Contents("int64_contents", "<i8"),
    "UINT8": _Contents("uint_contents", "<u1"),
    "UINT16": _Contents("uint_contents", "<u2"),
    "UINT32": _Contents("uint_contents", "<u4"),
    "UINT64": _Contents("uint64_contents", "<u8"),
    "FP32": _Contents("fp32_contents", "<f4"),
    "FP64": _Contents("fp64_contents", "<f8"),
    "BYTES": _Contents("bytes_contents", "O"),
}


def encoding_for(predictor: Predictor) -> Encoding:
    """Return how the model's requests and responses are written over gRPC."""
    return Encoding(partial(_read, predictor.name, predictor.task.version), MessageWriter)


def model_of(message: bytes) -> bytes:
    """Return the name of the model in a ModelInferRequest, without parsing its tensors. Raises InvalidInput."""
    if message[:1] == _MODEL_NAME and message[1:2] in _SHORT:  # clients write this field first
        return message[2 : 2 + message[1]]
    name: str = parse(ModelInferRequest, message).model_name
    return name.encode()


def parse(kind: Any, message: bytes) -> Any:
    """Return a message as an object of its kind. Raises InvalidInput."""
    try:
        return kind.FromString(message)
    except DecodeError as error:
        raise InvalidInput(
            f"The message cannot be parsed as {kind.DESCRIPTOR.name}. Send that message, serialized by protobuf.",
            "message",
        ) from error


def check_version(version: str, known: str) -> None:
    """Raise NotFound if a request names a version other than the served one."""
    if version not in ("", known):
        raise NotFound(f"Not found: the model has another version here. Use version {known}, or name none.")


def _read(model: str, version: str, message: bytes, _headers: Headers) -> tuple[InferRequest, memoryview]:
    """Return the request in a message to a model, and the bytes of its tensors.

    Raises:
        InvalidInput: It is no such message, or its tensors are not as the protocol has them.
        NotFound: It is to another version of the model.
    """
    request = parse(ModelInferRequest, message)
    if request.model_name != model:  # protobuf takes the last value of a repeated field, `model_of` the first
        raise InvalidInput("The message names two models. Send model_name once.", "message")
    check_version(request.model_version, version)
    raw = request.raw_input_contents
    if raw and (len(raw) != len(request.inputs) or any(tensor.HasField("contents") for tensor in request.inputs)):
        raise InvalidInput(
            "raw_input_contents must have one entry for each input, and no input may have contents besides.",
            "binary_data",
        )
    parts: Sequence[bytes] = raw or [_packed(tensor) for tensor in request.inputs]
    inputs = [
        InputTensor(
            tensor.name,
            list(tensor.shape),
            tensor.datatype,
            UNSET,
            _parameters(TensorParameters, tensor.parameters, binary_data_size=len(part)),
        )
        for tensor, part in zip(request.inputs, parts, strict=True)
    ]
    outputs = [
        RequestedOutput(output.name, _parameters(OutputParameters, output.parameters)) for output in request.outputs
    ]
    # As with KServe, outputs have the form in which the inputs came.
    parameters = _parameters(RequestParameters, request.parameters, binary_data_output=bool(raw))
    binary = parts[0] if len(parts) == 1 else b"".join(parts)
    return InferRequest(inputs, request.id, UNSET, parameters, outputs), memoryview(binary)


class MessageWriter(ResponseWriter):
    """Writes the responses of one model as messages."""

    def __init__(self, model: str, version: str, tensors: Sequence[Tensor]) -> None:
        super().__init__(model, version, tensors)
        self._names = {"model_name": model, "model_version": version}
        self._datatypes = {tensor.name: tensor.datatype for tensor in tensors}

    def write(self, request: InferRequest, values: Mapping[str, Any]) -> Response:
        """Return the message that answers a request, as `ResponseWriter.write` does. Raises InvalidInput."""
        # Like KServe, generate an ID if the request has none.
        response = ModelInferResponse(id=request.id or str(uuid4()), **self._names)
        raw = bool(request.parameters and request.parameters.binary_data_output is True)
        for output in self.requested(request):
            array, datatype = values[output.name], self._datatypes[output.name]
            tensor = response.outputs.add(name=output.name, datatype=datatype, shape=array.shape)
            if raw:
                response.raw_output_contents.append(pack(array))
            else:
                getattr(tensor.contents, _CONTENTS[datatype].field).extend(_values(array))
        return Response(response.SerializeToString(), ())


def _packed(tensor: Any) -> bytes:
    """Return the typed contents of an input in V2's binary form. Raises InvalidInput."""
    contents = _CONTENTS.get(tensor.datatype.upper())  # KServe accepts lower case too
    if contents is None:
        raise InvalidInput(
            f"Input '{tensor.name}': contents must have one of the datatypes {', '.join(_CONTENTS)}. "
            "Send others in raw_input_contents.",
            "datatype",
        )
    if any(field.name != contents.field for field, _ in tensor.contents.ListFields()):
        raise InvalidInput(
            f"Input '{tensor.name}': {tensor.datatype} must be sent in {contents.field} only.", "value_type"
        )
    values = getattr(tensor.contents, contents.field)
    if contents.field == "bytes_contents":
        return pack_strings(values)
    try:
        return np.fromiter(values, contents.dtype, len(values)).tobytes()
    except OverflowError as error:
        raise InvalidInput(
            f"Input '{tensor.name}': a number is too large for {tensor.datatype}.", "value_range"
        ) from error


def _values(array: np.ndarray[Any, Any]) -> list[Any]:
    values = array.ravel().tolist()
    return [str(value).encode() for value in values] if array.dtype == np.object_ else values


def _parameters(kind: type[T], sent: Mapping[str, Any], **own: Any) -> T:
    """Return parameters as JSON would have them, with our own in place of those that describe JSON's form."""
    if not sent:
        return kind(**own)
    values = {
        name: getattr(parameter, parameter.WhichOneof("parameter_choice") or "", None)
        for name, parameter in sent.items()
    }
    try:
        return msgspec.convert({**values, **own}, kind)
    except msgspec.ValidationError as error:
        raise InvalidInput("A parameter has the wrong type.", "structure") from error
