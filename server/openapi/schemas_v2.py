"""Translate models to JSON Schema of KServe's V2 protocol: metadata, requests and answers."""

from collections.abc import Sequence
from dataclasses import replace

from server.openapi.schemas import (
    STRING,
    Schema,
    array_of,
    closed_object,
    element,
    nullable,
    number,
    open_object,
    tuple_of,
)
from server.predictor import Predictor
from server.tensors import Tensor

_KINDS = {"FP32": "number", "FP64": "number", "INT64": "integer", "BYTES": "string"}

SERVER: Schema = {
    "type": "object",
    "properties": {"name": STRING, "version": STRING, "extensions": {"type": "array", "items": STRING}},
    "required": ["name", "version", "extensions"],
}


def infer_request(predictor: Predictor) -> Schema:
    task = predictor.task
    if task.numeric:
        tensors = [_input(tensor, number(tensor.datatype)) for tensor in predictor.inputs]
    else:
        pairs = list(zip(predictor.inputs, task.features, strict=True))
        tensors = [_input(tensor, element(feature)) for tensor, feature in pairs]
        booleans = [replace(tensor, datatype="BOOL") for tensor, feature in pairs if feature.boolean]
        tensors += [_input(tensor, {"type": "boolean"}) for tensor in booleans]
    return infer_request_of(tensors, len(predictor.inputs), predictor.outputs)


def infer_request_of(inputs: list[Schema], count: int, outputs: Sequence[Tensor]) -> Schema:
    """Return the schema of a V2 request. No schema can say that `shape` and the length of `data` must agree.

    Args:
        inputs: Schemas, one of which each input matches.
        count: Number of inputs.
        outputs: The model's outputs, any of which may be requested.
    """
    output = {
        "name": {"enum": [tensor.name for tensor in outputs]},
        "parameters": nullable(open_object({"binary_data": {"type": "boolean"}}, ["binary_data"])),
    }
    properties = {
        "inputs": {**array_of({"oneOf": inputs}), "minItems": count, "maxItems": count},
        "id": nullable(STRING),
        "parameters": nullable(open_object({"binary_data_output": {"type": "boolean"}}, ["binary_data_output"])),
        "outputs": nullable({"type": "array", "items": open_object(output, ["parameters"])}),
    }
    return open_object(properties, ["id", "parameters", "outputs"])


def infer_answer(predictor: Predictor, outputs: Sequence[Tensor]) -> Schema:
    return closed_object(
        {
            "id": STRING,
            "model_name": {"const": predictor.name},
            "model_version": {"const": predictor.task.version},
            "outputs": array_of({"oneOf": [_output(tensor) for tensor in outputs]}),
        }
    )


def metadata(predictor: Predictor) -> Schema:
    return closed_object(
        {
            "name": {"const": predictor.name},
            "versions": {"const": [predictor.task.version]},
            "platform": STRING,
            "inputs": {"const": predictor.get_input_types()},
            "outputs": {"const": predictor.get_output_types()},
        }
    )


def _input(tensor: Tensor, value: Schema) -> Schema:
    """Describe an input by the schema of its values."""
    width = tensor.shape[-1]
    flat, nested = array_of(value) | {"minItems": width}, array_of(tuple_of([value] * width))
    return open_object(_named(tensor) | {"data": {"anyOf": [flat, nested]}})


def _output(tensor: Tensor) -> Schema:
    return closed_object(_named(tensor) | {"data": array_of({"type": _KINDS[tensor.datatype]})})


def _named(tensor: Tensor) -> dict[str, Schema]:
    length: Schema = {"type": "integer", "minimum": 1}
    return {
        "name": {"const": tensor.name},
        "datatype": {"const": tensor.datatype},
        "shape": tuple_of([length] * len(tensor.shape)),
    }
