"""The plain protocol and KServe's V1: JSON rows in, JSON answers out."""

from functools import cache
from typing import Any

import msgspec
from numpy.typing import NDArray

from server.json import floats
from server.predictor import Predictor
from server.rows.decode import RowReader
from server.rows.encode import PredictionEncoder


def predict(predictor: Predictor, body: bytes) -> bytes:
    """POST /predict: one row object → one answer object. Raises InvalidInput."""
    reader, writer = _protocol(predictor)
    return writer.one(predictor.predict(reader.one(body)))


def predict_batch(predictor: Predictor, body: bytes) -> bytes:
    """POST /predict/batch: {"instances": [row, …]} → {"predictions": [answer, …]}. Raises InvalidInput."""
    reader, writer = _protocol(predictor)
    return writer.many(predictor.predict(reader.many(body)))


def predict_v1(predictor: Predictor, body: bytes) -> bytes:
    """POST /v1/models/NAME:predict: {"instances": [row, …]} → {"predictions": [class, …]}. Raises InvalidInput."""
    reader, _ = _protocol(predictor)
    return b'{"predictions":' + floats.listed(predictor.predict(reader.many(body)).predictions) + b"}"


def shortest(array: NDArray[Any]) -> list[Any]:
    """Values for JSON: a float32 as its shortest decimal form (0.1, not 0.10000000149011612)."""
    values: list[Any] = msgspec.json.decode(floats.listed(array))
    return values


@cache
def _protocol(predictor: Predictor) -> tuple[RowReader, PredictionEncoder]:
    """What depends on the task alone, made once."""
    return RowReader(predictor.task), PredictionEncoder(predictor.task)
