"""KServe's V2 protocol for rows: input tensors, in JSON or binary, in; predictions as output tensors out."""

from functools import cache

from server.predictor import Predictor, RowRequest, answer_alone
from server.response import Response
from server.route import Headers
from server.rows.v2_inputs import InputReader
from server.tensors import ModelOutput
from server.v2.encoding import HTTP, Encoding
from server.v2.response import ResponseWriter


def infer(predictor: Predictor, body: bytes, headers: Headers) -> Response:
    """POST /v2/models/NAME/infer. Raises InvalidInput."""
    return answer_alone(predictor, decode, body, headers)


def decode(predictor: Predictor, body: bytes, headers: Headers, encoding: Encoding = HTTP) -> RowRequest:
    reader, writer = _codec(predictor, encoding)
    request, binary = encoding.read(body, headers)

    def respond(output: ModelOutput) -> Response:
        values = {"prediction": output.predictions, "probabilities": output.probabilities, "score": output.scores}
        return writer.write(request, values)

    return RowRequest(reader.read(request.inputs, binary), respond)


@cache  # msgspec compiles its decoders once for each model
def _codec(predictor: Predictor, encoding: Encoding) -> tuple[InputReader, ResponseWriter]:
    task = predictor.task
    return InputReader(task, predictor.inputs), encoding.writer(predictor.name, task.version, predictor.outputs)
