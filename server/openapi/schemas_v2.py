"""Models → JSON Schema of KServe's V2 protocol: metadata, requests and answers."""

from collections.abc import Sequence

from model.task import Feature
from server.openapi.schemas import STRING, Schema, at_least, element, exactly, fixed, listed, or_null
from server.predictor import Predictor
from server.tensors import Tensor

_KINDS = {"FP32": "number", "FP64": "number", "INT64": "integer", "BYTES": "string"}

SERVER: Schema = {
    "type": "object",
    "properties": {"name": STRING, "version": STRING, "extensions": {"type": "array", "items": STRING}},
    "required": ["name", "version", "extensions"],
}


def infer_request(predictor: Predictor) -> Schema:
    tensors = [
        _input(tensor, feature) for tensor, feature in zip(predictor.inputs, predictor.task.features, strict=False)
    ]
    return infer_request_of(tensors, len(tensors), predictor.outputs)


def infer_request_of(inputs: list[Schema], count: int, outputs: Sequence[Tensor]) -> Schema:
    """The JSON of a V2 request; that `shape` and the length of `data` agree no schema can say.

    inputs: what each of the `count` may be.
    """
    asked = {
        "name": {"enum": [tensor.name for tensor in outputs]},
        "parameters": or_null(at_least({"binary_data": {"type": "boolean"}}, ["binary_data"])),
    }
    properties = {
        "inputs": {**listed({"oneOf": inputs}), "minItems": count, "maxItems": count},
        "id": or_null(STRING),
        "parameters": or_null(at_least({"binary_data_output": {"type": "boolean"}}, ["binary_data_output"])),
        "outputs": or_null({"type": "array", "items": at_least(asked, ["parameters"])}),
    }
    return at_least(properties, ["id", "parameters", "outputs"])


def infer_answer(predictor: Predictor, outputs: Sequence[Tensor]) -> Schema:
    return exactly(
        {
            "id": STRING,
            "model_name": {"const": predictor.name},
            "model_version": {"const": predictor.task.version},
            "outputs": listed({"oneOf": [_output(tensor) for tensor in outputs]}),
        }
    )


def metadata(predictor: Predictor) -> Schema:
    return exactly(
        {
            "name": {"const": predictor.name},
            "versions": {"type": ["array", "null"], "items": STRING},
            "platform": STRING,
            "inputs": {"const": predictor.get_input_types()},
            "outputs": {"const": predictor.get_output_types()},
        }
    )


def _input(tensor: Tensor, feature: Feature) -> Schema:
    """feature: the tensor's only one, or one of those, all alike, that are its columns."""
    width, value = tensor.shape[-1], element(feature)
    flat, nested = listed(value) | {"minItems": width}, listed(fixed([value] * width))
    return at_least(_named(tensor) | {"data": {"anyOf": [flat, nested]}})


def _output(tensor: Tensor) -> Schema:
    return exactly(_named(tensor) | {"data": listed({"type": _KINDS[tensor.datatype]})})


def _named(tensor: Tensor) -> dict[str, Schema]:
    length: Schema = {"type": "integer", "minimum": 1}
    return {
        "name": {"const": tensor.name},
        "datatype": {"const": tensor.datatype},
        "shape": fixed([length] * len(tensor.shape)),
    }
