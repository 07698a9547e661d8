"""Predict rows over the plain protocol and KServe's V1: JSON rows in, JSON predictions out."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from model.task import Task
from server.json import arrays
from server.predictor import Predictor
from server.response import Response
from server.route import Headers
from server.row_request import RowRequest
from server.rows.decode import RowReader
from server.rows.ranges import TrainingRanges, Warnings
from server.tensors import ModelOutput


def predict(predictor: Predictor, body: bytes, headers: Headers) -> Response:
    """POST /predict: one row object → one prediction object. Raises InvalidInput."""
    return predictor.answer(decode_one(predictor, body, headers))


def predict_batch(predictor: Predictor, body: bytes, headers: Headers) -> Response:
    """POST /predict/batch: {"instances": [row, …]} → {"predictions": [object, …]}. Raises InvalidInput."""
    return predictor.answer(decode_batch(predictor, body, headers))


def predict_v1(predictor: Predictor, body: bytes, headers: Headers) -> Response:
    """POST /v1/models/NAME:predict: {"instances": [row, …]} → {"predictions": [class, …]}. Raises InvalidInput."""
    return predictor.answer(decode_v1(predictor, body, headers))


def decode_one(predictor: Predictor, body: bytes, _headers: Headers) -> RowRequest:
    reader, encoder, ranges = _codec(predictor)
    rows = reader.read_one(body)
    return RowRequest(rows, lambda output: Response(encoder.encode_one(output, ranges.warnings(rows))))


def decode_batch(predictor: Predictor, body: bytes, _headers: Headers) -> RowRequest:
    reader, encoder, ranges = _codec(predictor)
    rows = reader.read_batch(body)
    return RowRequest(rows, lambda output: Response(encoder.encode_batch(output, ranges.warnings(rows))))


def decode_v1(predictor: Predictor, body: bytes, _headers: Headers) -> RowRequest:
    reader, encoder, _ = _codec(predictor)
    return RowRequest(reader.read_batch(body), lambda output: _encode_v1(encoder.rounded(output.predictions)))


def _encode_v1(classes: NDArray[Any]) -> Response:
    encoded = arrays.encode(classes) if classes.ndim == 1 else b"[%b]" % b",".join(arrays.encode_each(classes))
    return Response(b'{"predictions":' + encoded + b"}")


class PredictionEncoder:
    """Encodes {"label": …, "prediction": …, "probability": …} for each row, or {"prediction": …} for a regression.

    Where the task names the number of a regression, its name replaces "prediction" and the number is rounded.
    Rows outside the training data get {…, "warnings": [sentence, …]}.
    """

    def __init__(self, task: Task) -> None:
        self._positions: dict[Any, int] = {value: position for position, value in enumerate(task.classes)}
        # Everything but the probability depends on the class alone. The closing brace is cut off.
        self._beginnings = [
            orjson.dumps({"label": label, "prediction": value})[:-1]
            for label, value in zip(task.labels, task.classes, strict=True)
        ]
        self._number = b"{%b:" % orjson.dumps(task.number.name if task.number else "prediction")
        self._decimals = task.number.decimals if task.number else None

    def rounded(self, predictions: NDArray[Any]) -> NDArray[Any]:
        """Return the predictions with as many decimal places as the task says."""
        return predictions if self._decimals is None else predictions.astype(np.float64).round(self._decimals)

    def encode_one(self, output: ModelOutput, warnings: Warnings = ()) -> bytes:
        """Return the object of the first row."""
        encoded = self._one(output)
        return _with_warnings(encoded, warnings[0]) if warnings else encoded

    def _one(self, output: ModelOutput) -> bytes:
        if not self._beginnings:
            return self._number + _number(self.rounded(output.predictions)[0]) + b"}"
        if output.scores is not None:
            return next(iter(self._objects(output)))
        position = self._positions[output.predictions.item(0)]
        if output.probabilities is None:
            return self._beginnings[position] + b"}"
        return self._beginnings[position] + b',"probability":' + _number(output.probabilities[0, position]) + b"}"

    def encode_batch(self, output: ModelOutput, warnings: Warnings = ()) -> bytes:
        """Return {"predictions": [object, …]}."""
        objects = self._objects(output)
        if warnings:
            objects = map(_with_warnings, objects, warnings)
        return b'{"predictions":[' + b",".join(objects) + b"]}"

    def _objects(self, output: ModelOutput) -> Iterable[bytes]:
        if not self._beginnings:
            return (self._number + number + b"}" for number in arrays.encode_each(self.rounded(output.predictions)))
        positions = [self._positions[prediction] for prediction in output.predictions.tolist()]
        beginnings = [self._beginnings[position] for position in positions]
        if output.scores is not None:
            name, numbers = b"score", output.scores
        elif output.probabilities is not None:
            name, numbers = b"probability", output.probabilities[np.arange(len(positions)), positions]
        else:
            return (beginning + b"}" for beginning in beginnings)
        return (
            b'%b,"%b":%b}' % (beginning, name, number)
            for beginning, number in zip(beginnings, arrays.encode_each(numbers), strict=True)
        )


@cache  # msgspec compiles its decoders once for each model
def _codec(predictor: Predictor) -> tuple[RowReader, PredictionEncoder, TrainingRanges]:
    task = predictor.task
    return RowReader(task), PredictionEncoder(task), TrainingRanges(task)


def _with_warnings(encoded: bytes, warnings: Sequence[str]) -> bytes:
    """Add the warnings about a row to its object, if there are any."""
    return b'%b,"warnings":%b}' % (encoded[:-1], orjson.dumps(warnings)) if warnings else encoded


def _number(value: np.generic) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
