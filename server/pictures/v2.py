"""KServe's V2 protocol for pictures."""

import numpy as np

from model.task import Picture
from server.errors import InvalidInput
from server.pictures import tensors
from server.pictures.prepare import Prepared
from server.pictures.result import Judged, judge, of_prepared
from server.predictor import Predictor
from server.response import Response
from server.route import Headers
from server.v2 import body as bodies
from server.v2.inputs import refuse_left_over, split
from server.v2.request import InputTensor
from server.v2.response import ResponseWriter


class Infer:
    """ModelOutput for one model."""

    def __init__(self, predictor: Predictor, picture: Picture) -> None:
        self._predictor = predictor
        self._picture = picture
        self._writer = ResponseWriter(predictor.name, predictor.task.version, predictor.outputs)

    def __call__(self, body: bytes, headers: Headers) -> Response:
        """POST /v2/models/NAME/infer. Raises ServingError."""
        request, binary = bodies.read(body, headers)
        if [given.name for given in request.inputs] != [tensor.name for tensor in self._predictor.inputs]:
            raise InvalidInput(f"The request must have the input {self._predictor.inputs[0].name}, once.")
        judged = self._judged(request.inputs[0], binary)
        written = {
            "prediction": judged.predictions,
            "probabilities": judged.probabilities,
            "strangeness": judged.strangeness,
            "warnings": np.array([" ".join(said) for said in judged.warnings], np.object_),
        }
        return self._writer.write(request, written)

    def _judged(self, given: InputTensor, binary: memoryview) -> Judged:
        own, rest = split(given, binary)
        refuse_left_over(rest)
        match given.datatype.upper():  # KServe takes small letters too
            case "FP32":
                numbers = tensors.numbers(given, own, self._picture.height, self._picture.width)
                taken = Prepared(numbers, [()] * len(numbers))
                return of_prepared(self._predictor, self._picture, taken)
            case "BYTES":
                return judge(self._predictor, self._picture, tensors.files(given, own))
        raise InvalidInput(f"Input {given.name} has the datatype FP32, or BYTES for pictures' files.")
