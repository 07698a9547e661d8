"""Write a V2 response: the requested output tensors, each in JSON or binary."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import msgspec
from msgspec import UNSET

from server.errors import InvalidInput
from server.json import arrays
from server.response import OCTETS, Response
from server.tensors import Tensor
from server.v2.request import JSON_LENGTH, InferRequest, RequestedOutput
from server.v2.strings import pack


class ResponseWriter:
    """Writes the responses of one model. What is the same in all of them is encoded once."""

    def __init__(self, model: str, version: str, tensors: Sequence[Tensor]) -> None:
        self._usual_outputs = [RequestedOutput(tensor.name) for tensor in tensors if not tensor.on_request]
        self._model = b',"model_name":%b,"model_version":%b,"outputs":[' % (
            msgspec.json.encode(model),
            msgspec.json.encode(version),
        )
        # The objects that describe the outputs, without their closing braces.
        self._beginnings = {
            tensor.name: msgspec.json.encode({"name": tensor.name, "datatype": tensor.datatype})[:-1]
            for tensor in tensors
        }

    def write(self, request: InferRequest, values: Mapping[str, Any]) -> Response:
        """Return the response to a request.

        Args:
            request: What was asked for.
            values: The array of each output tensor of the model.

        Raises:
            InvalidInput: The request names an output that the model does not have, or one twice.
        """
        outputs: list[bytes] = []
        binary: list[bytes] = []
        for output in self.requested(request):
            array = values[output.name]
            beginning = b'%b,"shape":%b' % (self._beginnings[output.name], msgspec.json.encode(array.shape))
            if _is_binary(output, request):
                binary.append(pack(array))
                outputs.append(b'%b,"parameters":{"binary_data_size":%d}}' % (beginning, len(binary[-1])))
            else:
                outputs.append(b'%b,"data":%b}' % (beginning, arrays.encode(array)))
        # Like KServe, generate an ID if the request has none.
        request_id = msgspec.json.encode(request.id or str(uuid4()))
        head = b'{"id":%b%b%b]}' % (request_id, self._model, b",".join(outputs))
        if not binary:
            return Response(head)
        headers = [(b"content-type", OCTETS), (JSON_LENGTH, b"%d" % len(head))]
        return Response(b"".join((head, *binary)), headers)

    def requested(self, request: InferRequest) -> Sequence[RequestedOutput]:
        """Return the outputs that a request asks for. Raises InvalidInput."""
        if not request.outputs:
            return self._usual_outputs
        names = {output.name for output in request.outputs}
        if len(names) != len(request.outputs) or not names <= self._beginnings.keys():
            raise InvalidInput(
                f"The model has the outputs {', '.join(self._beginnings)}. Request each at most once.", "outputs"
            )
        return request.outputs


def _is_binary(output: RequestedOutput, request: InferRequest) -> bool:
    """Return the output's own setting, or else that of the whole request."""
    requested = output.parameters.binary_data if output.parameters else UNSET
    if requested is UNSET:
        requested = request.parameters.binary_data_output if request.parameters else UNSET
    return requested is True
