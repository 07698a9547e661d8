"""Arrays → a V2 response: the output tensors asked for, each in JSON or binary."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import msgspec
from msgspec import UNSET

from server.errors import InvalidInput
from server.json import floats
from server.response import OCTETS, Response
from server.tensors import Tensor
from server.v2.body import JSON_LENGTH
from server.v2.request import InferRequest, RequestedOutput
from server.v2.strings import pack


class ResponseWriter:
    """Writes the responses of one model."""

    def __init__(self, model: str, version: str, tensors: Sequence[Tensor]) -> None:
        self._everything = [RequestedOutput(tensor.name) for tensor in tensors]
        self._model = b',"model_name":%b,"model_version":%b,"outputs":[' % (
            msgspec.json.encode(model),
            msgspec.json.encode(version),
        )
        self._begun = {
            tensor.name: msgspec.json.encode({"name": tensor.name, "datatype": tensor.datatype})[:-1]
            for tensor in tensors
        }

    def write(self, request: InferRequest, arrays: Mapping[str, Any]) -> Response:
        """arrays: one for each tensor. Raises InvalidInput."""
        described: list[bytes] = []
        binary: list[bytes] = []
        for output in self._asked(request):
            array = arrays[output.name]
            begun = b'%b,"shape":%b' % (self._begun[output.name], msgspec.json.encode(array.shape))
            if _is_binary(output, request):
                binary.append(pack(array))
                described.append(b'%b,"parameters":{"binary_data_size":%d}}' % (begun, len(binary[-1])))
            else:
                described.append(b'%b,"data":%b}' % (begun, floats.listed(array)))
        # KServe gives an answer an id of its own where the caller gave none.
        identity = msgspec.json.encode(request.id or str(uuid4()))
        head = b'{"id":%b%b%b]}' % (identity, self._model, b",".join(described))
        if not binary:
            return Response(head)
        headers = [(b"content-type", OCTETS), (JSON_LENGTH, b"%d" % len(head))]
        return Response(b"".join((head, *binary)), headers)

    def _asked(self, request: InferRequest) -> Sequence[RequestedOutput]:
        if not request.outputs:
            return self._everything
        names = {output.name for output in request.outputs}
        if len(names) != len(request.outputs) or not names <= self._begun.keys():
            raise InvalidInput(f"The model has the outputs {', '.join(self._begun)}; ask for each once at most.")
        return request.outputs


def _is_binary(output: RequestedOutput, request: InferRequest) -> bool:
    asked = output.parameters.binary_data if output.parameters else UNSET
    if asked is UNSET:
        asked = request.parameters.binary_data_output if request.parameters else UNSET
    return asked is True
