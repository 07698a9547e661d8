"""Describe KServe's V2 protocol in JSON Schema. One set of schemas fits all models; their examples and metadata differ.

No schema can say that names and datatypes must fit the model, or that `shape` and the length of `data` must agree.
"""

from server.openapi.from_types import of_request, one_of_values
from server.openapi.names import Named, Schema
from server.openapi.schemas import STRING, array_of, closed_object, open_object
from server.rows.v2_tensor import DATATYPES
from server.v2.request import InferRequest

_DATATYPE = Named("Datatype", one_of_values(DATATYPES), shared=True)
_SHAPE: Schema = {**array_of({"type": "integer"}), "description": "Number of rows, and what a row has."}
_DATA: Schema = {
    **array_of({}),
    "description": "The values row by row, flat or nested: numbers, booleans or strings. Pictures are strings: files "
    "in base64. A binary tensor has none.",
}

# What the types that decode cannot say.
_BOUNDS: dict[str, dict[str, Schema]] = {
    "InferRequest": {"inputs": {"minItems": 1}},
    "InputTensor": {"shape": _SHAPE, "data": _DATA, "datatype": _DATATYPE},
    "TensorParameters": {"binary_data_size": {"minimum": 0, "description": "Bytes in the binary part."}},
}

SERVER = Named(
    "ServerMetadata",
    {
        "type": "object",
        "properties": {"name": STRING, "version": STRING, "extensions": {"type": "array", "items": STRING}},
        "required": ["name", "version", "extensions"],
    },
    shared=True,
)

_TENSOR = Named(
    "TensorMetadata",
    closed_object({"name": STRING, "datatype": _DATATYPE, "shape": array_of({"type": "integer"})}),
    shared=True,
)

METADATA = Named(
    "ModelMetadata",
    closed_object(
        {
            "name": STRING,
            "versions": array_of(STRING),
            "platform": STRING,
            "inputs": array_of(_TENSOR),
            "outputs": array_of(_TENSOR),
        }
    ),
    shared=True,
)

_OUTPUT = Named(
    "OutputTensor",
    closed_object(
        {
            "name": STRING,
            "datatype": _DATATYPE,
            "shape": _SHAPE,
            "data": _DATA,
            "parameters": open_object({"binary_data_size": {"type": "integer", "minimum": 0}}),
        },
        ["data", "parameters"],
    ),
    shared=True,
)

INFER_ANSWER = Named(
    "InferResponse",
    closed_object(
        {"id": STRING, "model_name": STRING, "model_version": STRING, "outputs": array_of(_OUTPUT)},
    ),
    shared=True,
)


def infer_request() -> Schema:
    """Return the schema of a V2 request, made from the types that decode it."""
    return of_request(InferRequest, _BOUNDS)
