"""The OpenAPI document of the models served, with examples that work as they stand."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import numpy as np

from model.task import Feature, Task
from server import plain
from server.predictor import Predictor, example_rows

_ERROR = {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]}


def document(predictors: Iterable[Predictor]) -> dict[str, Any]:
    """OpenAPI 3.1: the plain routes for the first predictor, V1 and V2 for each."""
    predictors = tuple(predictors)
    paths = _plain_paths(predictors[0]) | _health_paths()
    for predictor in predictors:
        paths |= _v1_path(predictor) | _v2_path(predictor)
    return {
        "openapi": "3.1.0",
        "info": {"title": predictors[0].task.title, "version": predictors[0].task.version},
        "paths": paths,
    }


def _plain_paths(predictor: Predictor) -> dict[str, Any]:
    task = predictor.task
    example = dict(task.example)
    answer = msgspec.json.decode(plain.predict(predictor, msgspec.json.encode(example)))
    row, answered = _row_schema(task), _answer_schema(answer)
    batch = _object({"instances": {"type": "array", "items": row, "minItems": 1}})
    answers = _object({"predictions": {"type": "array", "items": answered}})
    return {
        "/predict": {"post": _posted("Predict one row", row, example, answered, answer)},
        "/predict/batch": {
            "post": _posted(
                "Predict many rows",
                batch,
                {"instances": [example, example]},
                answers,
                {"predictions": [answer, answer]},
            )
        },
        "/info": {"get": _got("What the model is, what it takes and what it answers")},
    }


def _health_paths() -> dict[str, Any]:
    return {
        "/health": {"get": _got("Whether every model is ready")},
        "/health/ready": {"get": _got("Readiness: true after a warm-up prediction")},
        "/health/live": {"get": _got("Liveness: the process answers")},
    }


def _v1_path(predictor: Predictor) -> dict[str, Any]:
    example = {"instances": [[predictor.task.example.get(name) for name in predictor.task.names]]}
    answer = msgspec.json.decode(plain.predict_v1(predictor, msgspec.json.encode(example)))
    row = {
        "type": "array",
        "minItems": len(predictor.task.features),
        "maxItems": len(predictor.task.features),
    }
    instances = {"type": "array", "minItems": 1, "items": {"anyOf": [row, _row_schema(predictor.task)]}}
    answers = _object({"predictions": {"type": "array"}})
    operation = _posted("Predict, KServe V1 protocol", _object({"instances": instances}), example, answers, answer)
    return {f"/v1/models/{predictor.name}:predict": {"post": operation}}


def _v2_path(predictor: Predictor) -> dict[str, Any]:
    rows = example_rows(predictor.task)
    example = {
        "inputs": [
            {
                "name": tensor.name,
                "shape": list(rows[tensor.name].shape),
                "datatype": tensor.datatype,
                "data": plain.shortest(_filled(rows[tensor.name])),
            }
            for tensor in predictor.inputs
        ]
    }
    tensor = _object(
        {
            "name": {"enum": [tensor.name for tensor in predictor.inputs]},
            "shape": {
                "type": "array",
                "items": {"type": "integer", "minimum": 1},
                "minItems": 2,
                "maxItems": 2,
            },
            "datatype": {"enum": sorted({tensor.datatype for tensor in predictor.inputs})},
            "data": {"type": "array"},
        }
    )
    request = _object({"inputs": {"type": "array", "items": tensor}})
    answers = _object({"model_name": {"type": "string"}, "outputs": {"type": "array"}})
    operation = _posted("Predict, KServe V2 protocol (Open Inference Protocol)", request, example, answers, None)
    return {f"/v2/models/{predictor.name}/infer": {"post": operation}}


def _filled(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """JSON has no NaN for a missing number."""
    return array if array.dtype == np.object_ else np.nan_to_num(array)


def _posted(
    summary: str, body: Mapping[str, Any], example: object, answer: Mapping[str, Any], answered: object
) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": answer}
    if answered is not None:
        content["example"] = answered
    return {
        "summary": summary,
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": body, "example": example}},
        },
        "responses": {
            "200": {"description": "The answer", "content": {"application/json": content}},
            "4XX": {
                "description": "The request was refused",
                "content": {"application/json": {"schema": _ERROR}},
            },
            "5XX": {"description": "The server failed", "content": {"application/json": {"schema": _ERROR}}},
        },
    }


def _got(summary: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object"}}}
    return {"summary": summary, "responses": {"200": {"description": "The answer", "content": content}}}


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "required": list(properties)}


def _row_schema(task: Task) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {feature.name: _feature_schema(feature) for feature in task.features},
        "required": [feature.name for feature in task.features if not feature.optional],
        "additionalProperties": False,
    }


def _feature_schema(feature: Feature) -> dict[str, Any]:
    kind = "number" if feature.is_number else "string"
    seen = f"seen in training: {feature.minimum:g} to {feature.maximum:g}" if feature.minimum is not None else ""
    words = ", ".join(filter(None, (feature.description, feature.unit, seen)))
    return {"type": [kind, "null"] if feature.optional else kind, "description": words}


def _answer_schema(answer: Mapping[str, Any]) -> dict[str, Any]:
    kinds = {str: "string", int: "integer", float: "number"}
    return _object({name: {"type": kinds[type(value)]} for name, value in answer.items()})
