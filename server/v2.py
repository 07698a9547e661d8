"""KServe's V2 protocol (Open Inference Protocol), JSON and binary tensors."""

import re
from collections.abc import Mapping
from functools import cache

from server import v2_request
from server.answer import Header
from server.errors import BadInput
from server.predictor import Predictor
from server.v2_inputs import InputReader
from server.v2_outputs import JSON_LENGTH, ResponseWriter
from server.v2_request import InferRequest

_LENGTH = re.compile(rb"[0-9]{1,10}")


def infer(predictor: Predictor, body: bytes, headers: Mapping[bytes, bytes]) -> tuple[bytes, list[Header]]:
    """POST /v2/models/NAME/infer: the answer's body and its own headers. Raises BadInput."""
    reader, writer = _protocol(predictor)
    request, binary = read(body, headers)
    answers = predictor.predict(reader.read(request.inputs, binary))
    return writer.write(request, {"prediction": answers.predictions, "probabilities": answers.probabilities})


def read(body: bytes, headers: Mapping[bytes, bytes]) -> tuple[InferRequest, memoryview]:
    """The JSON part, and the bytes behind it. Raises BadInput."""
    document, binary = _split(body, headers.get(JSON_LENGTH))
    return v2_request.decode(document), binary


def _split(body: bytes, json_length: bytes | None) -> tuple[bytes, memoryview]:
    if json_length is None:
        return body, memoryview(b"")
    if not _LENGTH.fullmatch(json_length) or int(json_length) > len(body):
        raise BadInput("Inference-Header-Content-Length must be the length of the JSON part, in bytes.")
    return body[: int(json_length)], memoryview(body)[int(json_length) :]


@cache
def _protocol(predictor: Predictor) -> tuple[InputReader, ResponseWriter]:
    """What depends on the model alone, made once."""
    task = predictor.task
    return InputReader(task, predictor.inputs), ResponseWriter(predictor.name, task.version, predictor.outputs)
