"""KServe's V2 protocol for rows: input tensors, in JSON or binary, in; predictions as output tensors out."""

from functools import cache

import numpy as np

from server.predictor import Predictor, row_count
from server.response import Response
from server.route import Headers
from server.row_request import RowRequest
from server.rows.ranges import TrainingRanges
from server.rows.v2_inputs import InputReader
from server.tensors import WARNINGS, ModelOutput
from server.v2.encoding import HTTP, Encoding
from server.v2.response import ResponseWriter


def infer(predictor: Predictor, body: bytes, headers: Headers, encoding: Encoding = HTTP) -> Response:
    """POST /v2/models/NAME/infer. Raises InvalidInput."""
    return predictor.answer(decode(predictor, body, headers, encoding))


def decode(predictor: Predictor, body: bytes, headers: Headers, encoding: Encoding = HTTP) -> RowRequest:
    reader, writer, ranges = _codec(predictor, encoding)
    request, binary = encoding.read(body, headers)
    rows = reader.read(request.inputs, binary)

    def respond(output: ModelOutput) -> Response:
        values = {"prediction": output.predictions, "probabilities": output.probabilities, "score": output.scores}
        if request.outputs and any(asked.name == WARNINGS.name for asked in request.outputs):
            warnings = ranges.warnings(rows) or [()] * row_count(rows)
            values[WARNINGS.name] = np.array([" ".join(sentences) for sentences in warnings], np.object_)
        return writer.write(request, values)

    return RowRequest(rows, respond)


@cache  # msgspec compiles its decoders once for each model
def _codec(predictor: Predictor, encoding: Encoding) -> tuple[InputReader, ResponseWriter, TrainingRanges]:
    task = predictor.task
    writer = encoding.writer(predictor.name, task.version, predictor.outputs)
    return InputReader(task, predictor.inputs), writer, TrainingRanges(task)
