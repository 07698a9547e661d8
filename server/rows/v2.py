"""KServe's V2 protocol for rows."""

from collections.abc import Mapping
from functools import cache

from server.predictor import Predictor
from server.response import Response
from server.rows.v2_inputs import InputReader
from server.v2.body import read as body_of
from server.v2.response import ResponseWriter


def infer(predictor: Predictor, body: bytes, headers: Mapping[bytes, bytes]) -> Response:
    """POST /v2/models/NAME/infer. Raises InvalidInput."""
    reader, writer = _protocol(predictor)
    request, binary = body_of(body, headers)
    answers = predictor.predict(reader.read(request.inputs, binary))
    return writer.write(request, {"prediction": answers.predictions, "probabilities": answers.probabilities})


@cache
def _protocol(predictor: Predictor) -> tuple[InputReader, ResponseWriter]:
    """What depends on the model alone, made once."""
    task = predictor.task
    return InputReader(task, predictor.inputs), ResponseWriter(predictor.name, task.version, predictor.outputs)
