"""KServe's V2 protocol (Open Inference Protocol), JSON and binary tensors."""

import re
from collections.abc import Mapping
from math import prod
from typing import Any

import msgspec
import numpy as np

from server import rows, strict_json
from server.errors import BadInput
from server.plain import shortest
from server.predictor import DTYPES, Answers, Predictor, Rows, Tensor
from server.v2_bytes import pack, unpack_strings

Header = tuple[bytes, bytes]

JSON_LENGTH = b"inference-header-content-length"


class InputTensor(msgspec.Struct):
    name: str
    shape: list[int]
    datatype: str
    data: Any = None
    parameters: dict[str, Any] | None = None


class RequestedOutput(msgspec.Struct):
    name: str
    parameters: dict[str, Any] | None = None


class InferRequest(msgspec.Struct):
    inputs: list[InputTensor]
    id: str | None = None
    parameters: dict[str, Any] | None = None
    outputs: list[RequestedOutput] | None = None


def infer(predictor: Predictor, body: bytes, headers: Mapping[bytes, bytes]) -> tuple[bytes, list[Header]]:
    """POST /v2/models/NAME/infer: the answer's body and its own headers. Raises BadInput."""
    document, binary = _split(body, headers.get(JSON_LENGTH))
    request = _request(document)
    answers = predictor.predict(_rows(predictor, request.inputs, binary))
    return _encode(predictor, request, answers)


def _split(body: bytes, json_length: bytes | None) -> tuple[bytes, memoryview]:
    if json_length is None:
        return body, memoryview(b"")
    if not re.fullmatch(rb"[0-9]{1,10}", json_length) or int(json_length) > len(body):
        raise BadInput("Inference-Header-Content-Length must be the length of the JSON part, in bytes.")
    return body[: int(json_length)], memoryview(body)[int(json_length) :]


def _request(document: bytes) -> InferRequest:
    try:
        return msgspec.convert(strict_json.parse(document), InferRequest)
    except msgspec.ValidationError as error:
        raise BadInput(
            'The body must be a V2 request: {"inputs": [{"name": …, "shape": [rows, …], "datatype": …, "data": […]}]}.'
        ) from error


def _rows(predictor: Predictor, tensors: list[InputTensor], binary: memoryview) -> Rows:
    expected = {tensor.name: tensor for tensor in predictor.inputs}
    given = {tensor.name: tensor for tensor in tensors}
    if len(given) != len(tensors) or given.keys() != expected.keys():
        raise BadInput(f"The request must have the inputs {', '.join(expected)}, each once.")
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    for tensor in tensors:
        arrays[tensor.name], binary = _array(expected[tensor.name], tensor, binary)
    if len(binary):
        raise BadInput(f"The binary part is {len(binary)} bytes longer than the inputs say.")
    if len({len(array) for array in arrays.values()}) > 1:
        raise BadInput("The inputs have different numbers of rows.")
    features = predictor.task.features
    if predictor.task.numeric:
        rows.finite(arrays["input"], features)
        return arrays
    for feature in features:
        if feature.is_number:
            rows.finite(arrays[feature.name], [feature])
        else:
            rows.known(feature, arrays[feature.name].ravel().tolist())
    return arrays


def _array(expected: Tensor, tensor: InputTensor, binary: memoryview) -> tuple[np.ndarray[Any, Any], memoryview]:
    if tensor.datatype != expected.datatype:
        raise BadInput(f"Input {expected.name} has the datatype {expected.datatype}.")
    width = expected.shape[-1]
    if len(tensor.shape) != 2 or tensor.shape[1] != width or tensor.shape[0] < 1:  # noqa: PLR2004 (rows, columns)
        raise BadInput(f"Input {expected.name} has the shape [rows, {width}], with at least one row.")
    size = (tensor.parameters or {}).get("binary_data_size")
    if size is None:
        return _from_json(expected, tensor), binary
    if type(size) is not int or not 0 <= size <= len(binary) or tensor.data is not None:
        raise BadInput(f"Input {expected.name}: binary_data_size must be its number of bytes, with no data beside it.")
    return _from_bytes(expected, tensor.shape, binary[:size]), binary[size:]


def _from_json(expected: Tensor, tensor: InputTensor) -> np.ndarray[Any, Any]:
    element: Any = str if expected.datatype == "BYTES" else float
    nested = type(tensor.data) is list and len(tensor.data) > 0 and type(tensor.data[0]) is list
    try:
        values: list[Any] = msgspec.convert(tensor.data, list[list[element]] if nested else list[element])
        array = np.array(values, np.object_ if element is str else np.float64)
    except (msgspec.ValidationError, ValueError, OverflowError) as error:
        raise BadInput(
            f"Input {expected.name}: data must be a list of {'strings' if element is str else 'numbers'}, "
            "flat or in the shape given."
        ) from error
    if array.size != prod(tensor.shape) or (nested and list(array.shape) != tensor.shape):
        raise BadInput(f"Input {expected.name}: data and shape disagree.")
    if element is float and (np.abs(array) > np.finfo(DTYPES[expected.datatype]).max).any():
        raise BadInput(f"Input {expected.name}: a number is too large for {expected.datatype}.")
    return array.reshape(tensor.shape).astype(DTYPES[expected.datatype])


def _from_bytes(expected: Tensor, shape: list[int], binary: memoryview) -> np.ndarray[Any, Any]:
    if expected.datatype == "BYTES":
        return unpack_strings(binary, shape[0]).reshape(shape)
    dtype = np.dtype(DTYPES[expected.datatype]).newbyteorder("<")
    if len(binary) != prod(shape) * dtype.itemsize:
        raise BadInput(f"Input {expected.name}: {len(binary)} bytes do not fill the shape given.")
    return np.frombuffer(binary, dtype).reshape(shape)


def _encode(predictor: Predictor, request: InferRequest, answers: Answers) -> tuple[bytes, list[Header]]:
    arrays = {"prediction": answers.predictions}
    if answers.probabilities is not None:
        arrays["probabilities"] = answers.probabilities
    asked = request.outputs or [RequestedOutput(name) for name in arrays]
    names = [output.name for output in asked]
    if len(set(names)) != len(names) or not set(names) <= arrays.keys():
        raise BadInput(f"The model has the outputs {', '.join(arrays)}; ask for each once at most.")
    everything_binary = (request.parameters or {}).get("binary_data_output") is True
    datatypes = {tensor.name: tensor.datatype for tensor in predictor.outputs}
    outputs: list[dict[str, Any]] = []
    binary = b""
    for output in asked:
        array = arrays[output.name]
        described: dict[str, Any] = {
            "name": output.name,
            "shape": list(array.shape),
            "datatype": datatypes[output.name],
        }
        if (output.parameters or {}).get("binary_data", everything_binary) is True:
            packed = pack(array)
            described["parameters"] = {"binary_data_size": len(packed)}
            binary += packed
        else:
            described["data"] = shortest(array)
        outputs.append(described)
    answer = {"model_name": predictor.name, "model_version": predictor.task.version, "outputs": outputs}
    if request.id is not None:
        answer["id"] = request.id
    head = msgspec.json.encode(answer)
    if not binary:
        return head, [(b"content-type", b"application/json")]
    return head + binary, [(b"content-type", b"application/octet-stream"), (JSON_LENGTH, b"%d" % len(head))]
