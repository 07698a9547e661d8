"""Describe the predictions of a picture model in each protocol, with examples that work unchanged."""

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from model.task import Picture
from server.openapi import schemas, schemas_v2
from server.openapi import schemas_pictures as picture_schemas
from server.openapi.names import Schema
from server.openapi.operations import OCTETS, Content, Prediction, json
from server.pictures.request import FILES, decode_json
from server.pictures.rest import RestHandlers
from server.pictures.result import preview_url
from server.pictures.v2 import V2Handler
from server.predictor import Predictor
from server.route import PREDICT, PREDICT_BATCH, PREDICT_LABEL, V1, V2

_SIDE = 28


def predictions_for(predictor: Predictor, picture: Picture) -> dict[str, Prediction]:
    """Return the predictions by path, in which {model} stands for the model's name."""
    task, plain = predictor.task, RestHandlers(predictor, picture)
    base64 = preview_url(_bar()).partition(",")[2]
    file = {"image": base64}
    sent = decode_json(_written(file))
    x = {"x": np.rint(_bar() * 255).astype(int).tolist()}
    instances = {"instances": [{"b64": base64}]}
    return {
        PREDICT: Prediction(
            "Predict one picture", _one(file), _answer(picture_schemas.answer(task), plain.predict(sent).body)
        ),
        PREDICT_LABEL: Prediction(
            "Predict the label of one picture",
            _one(file),
            _answer(picture_schemas.label(task), plain.predict_img(sent).body),
        ),
        PREDICT_BATCH: Prediction(
            "Predict many pictures",
            json(picture_schemas.batch(), x),
            _answer(picture_schemas.classes(task), plain.predict_batch(_written(x), {}).body),
        ),
        V1: Prediction(
            "Predict pictures, KServe V1 protocol",
            json(picture_schemas.instances(), instances),
            _answer(
                schemas.predictions(picture_schemas.answer(task), "PredictionsV1"),
                plain.predict_v1(_written(instances), {}).body,
            ),
        ),
        V2: _v2(predictor, picture, base64),
    }


def _v2(predictor: Predictor, picture: Picture, file: str) -> Prediction:
    request = {"id": "1", "inputs": [{"name": "input", "shape": [1], "datatype": "BYTES", "data": [file]}]}
    answered, _ = V2Handler(predictor, picture)(_written(request), {})
    return Prediction(
        "Predict pictures, KServe V2 protocol (Open Inference Protocol)",
        json(schemas_v2.infer_request(), request) | OCTETS,
        _answer(schemas_v2.INFER_ANSWER, answered) | OCTETS,
    )


def _one(example: object) -> Content:
    return {
        **json(picture_schemas.one(), example),  # first, since generators of clients take the first
        **{kind.decode(): {"schema": picture_schemas.FILE} for kind in FILES},
        "multipart/form-data": {"schema": picture_schemas.form()},
    }


def _answer(schema: Schema, answered: bytes) -> Content:
    return json(schema, msgspec.json.decode(answered))


def _written(document: Any) -> bytes:
    return msgspec.json.encode(document)


def _bar() -> NDArray[np.float32]:
    """Draw an upright stroke."""
    picture = np.zeros((_SIDE, _SIDE), np.float32)
    picture[4:24, 13:16] = 1
    return picture
