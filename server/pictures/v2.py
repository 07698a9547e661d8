"""KServe's V2 protocol for pictures: a tensor of numbers as the model takes them, or of files."""

from collections.abc import Iterable
from math import prod

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from model.task import Picture
from server.errors import InvalidInput
from server.json import arrays
from server.pictures.prepare import error_context, without_remarks
from server.pictures.request import decode_base64
from server.pictures.result import Classification, classify, classify_prepared
from server.predictor import Predictor
from server.response import Response
from server.route import Headers
from server.v2.encoding import HTTP, Encoding
from server.v2.request import InputTensor, WholeBody, read_values, refuse_trailing_bytes, shape_mismatch, take_binary
from server.v2.strings import unpack

NO_CLASS = -1  # the prediction for a picture that gets no answer; the classes of pictures count from 0

_TEXTS = msgspec.json.Decoder(list[str])
_NESTED_TEXTS = msgspec.json.Decoder(list[list[str]])


class V2Handler:
    """Answers V2 requests for one model."""

    def __init__(self, predictor: Predictor, picture: Picture, encoding: Encoding = HTTP) -> None:
        self._predictor = predictor
        self._picture = picture
        self._read = encoding.read
        self._writer = encoding.writer(predictor.name, predictor.task.version, predictor.outputs)

    def __call__(self, body: bytes, headers: Headers) -> Response:
        """POST /v2/models/NAME/infer. Raises ServingError."""
        request, binary = self._read(body, headers)
        if len(request.inputs) != 1:
            raise InvalidInput("Send exactly one input.", "inputs")
        classification = self._classify(request.inputs[0], binary)
        predictions = classification.predictions.copy()
        predictions[classification.unanswered] = NO_CLASS
        outputs = {
            "prediction": predictions,
            "probabilities": classification.probabilities,
            "notes": _joined(classification.notes),
            "alarms": _joined([alarm.reason for alarm in alarms] for alarms in classification.alarms),
            "warnings": _joined(classification.warnings),
        }
        if classification.strangeness is not None:
            outputs["strangeness"] = classification.strangeness
        return self._writer.write(request, outputs)

    def _classify(self, tensor: InputTensor, binary: memoryview) -> Classification:
        if isinstance(tensor, WholeBody):
            return classify(self._predictor, self._picture, [bytes(binary)])
        # The one input may have any name, as with KServe. No refusal repeats it.
        tensor = replace(tensor, name=self._predictor.inputs[0].name)
        own, rest = take_binary(tensor, binary)
        refuse_trailing_bytes(rest)
        match tensor.datatype.upper():  # KServe accepts lower case too
            case "FP32":
                numbers = _decode_numbers(tensor, own, self._picture)
                return classify_prepared(self._predictor, self._picture, without_remarks(numbers))
            case "BYTES":
                return classify(self._predictor, self._picture, _decode_files(tensor, own))
        raise InvalidInput(
            f"Input '{tensor.name}': the datatype must be FP32 for numbers or BYTES for image files.", "datatype"
        )


def _joined(texts: Iterable[Iterable[str]]) -> NDArray[np.object_]:
    return np.array([" ".join(each) for each in texts], np.object_)


def _decode_numbers(tensor: InputTensor, own: memoryview | None, picture: Picture) -> NDArray[np.float32]:
    """Return an FP32 tensor as the graph takes it; `own` is its binary data, None if they are in the JSON."""
    count, *shape = tensor.shape or [0]
    last = [picture.height, picture.width, picture.channels]
    first = [picture.channels, picture.height, picture.width]
    if shape not in (list(picture.shape), last, first) or count < 1:
        expected = ", ".join(map(str, picture.shape))
        raise InvalidInput(
            f"Input '{tensor.name}': the shape for FP32 must be [n, {expected}] with n at least 1.", "shape"
        )
    array = _from_json(tensor) if own is None else _from_bytes(tensor, own)
    if not (array.min() >= 0 and array.max() <= 1):  # written so that NaN is refused too
        raise InvalidInput(
            f"Input '{tensor.name}': every number must be between 0 (black) and 1 (white).", "value_range"
        )
    if shape == first and picture.channels > 1:
        return np.ascontiguousarray(array.reshape(count, *first).transpose(0, 2, 3, 1))
    return array.reshape(count, *picture.shape)


def _from_json(tensor: InputTensor) -> NDArray[np.float32]:
    numbers = arrays.parse(bytes(tensor.data or b"null"))
    if numbers is None:
        raise InvalidInput(
            f"Input '{tensor.name}': data must be a list of numbers between 0 and 1, flat or nested like the shape.",
            "value_type",
        )
    if numbers.shape not in ((prod(tensor.shape),), tuple(tensor.shape)):
        raise shape_mismatch(tensor)
    return numbers


def _from_bytes(tensor: InputTensor, own: memoryview) -> NDArray[np.float32]:
    if len(own) != prod(tensor.shape) * np.dtype("<f4").itemsize:
        raise InvalidInput(f"Input '{tensor.name}': {len(own)} bytes do not fill the shape.", "shape")
    return np.frombuffer(own, "<f4")


def _decode_files(tensor: InputTensor, own: memoryview | None) -> list[bytes]:
    """Return the files of a BYTES tensor: base64 in JSON, unencoded in binary data."""
    count = tensor.shape[0] if tensor.shape[1:] in ([], [1]) and tensor.shape else 0
    if count < 1:
        raise InvalidInput(f"Input '{tensor.name}': the shape for BYTES must be [n] with n at least 1.", "shape")
    if own is not None:
        return list(map(bytes, unpack(own, count)))
    texts = read_values(tensor, 1, _TEXTS, _NESTED_TEXTS, "strings, each a picture in base64")
    if len(texts) != count:
        raise shape_mismatch(tensor)
    files = []
    for index, text in enumerate(texts):
        with error_context(index, count):
            files.append(decode_base64(text))
    return files
