"""Predict rows over the plain protocol and KServe's V1: JSON rows in, JSON predictions out."""

from functools import cache

from server.predictor import Predictor
from server.response import Response
from server.route import Headers
from server.rows.decode import RowReader
from server.rows.encode import PredictionEncoder, encode_v1


def predict(predictor: Predictor, body: bytes, _headers: Headers) -> Response:
    """POST /predict: one row object → one prediction object. Raises InvalidInput."""
    reader, encoder = _codec(predictor)
    return Response(encoder.encode_one(predictor.predict(reader.read_one(body))))


def predict_batch(predictor: Predictor, body: bytes, _headers: Headers) -> Response:
    """POST /predict/batch: {"instances": [row, …]} → {"predictions": [object, …]}. Raises InvalidInput."""
    reader, encoder = _codec(predictor)
    return Response(encoder.encode_batch(predictor.predict(reader.read_batch(body))))


def predict_v1(predictor: Predictor, body: bytes, _headers: Headers) -> Response:
    """POST /v1/models/NAME:predict: {"instances": [row, …]} → {"predictions": [class, …]}. Raises InvalidInput."""
    reader, _ = _codec(predictor)
    return Response(encode_v1(predictor.predict(reader.read_batch(body))))


@cache  # msgspec compiles its decoders once for each model
def _codec(predictor: Predictor) -> tuple[RowReader, PredictionEncoder]:
    return RowReader(predictor.task), PredictionEncoder(predictor.task)
