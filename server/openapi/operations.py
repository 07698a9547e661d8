"""Describe one operation: its request, its response and its refusals."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from server.openapi.components import STATUSES_OF_GET, STATUSES_OF_POST, headers, parameters, refusals
from server.openapi.from_types import one_of_values
from server.openapi.names import Schema
from server.openapi.schemas import array_of, closed_object

Content = dict[str, Any]  # media type → schema and example of a body

OCTETS: Content = {
    "application/octet-stream": {
        "schema": {
            "type": "string",
            "format": "binary",
            "description": "The JSON, in which tensors have `parameters: {binary_data_size}` in place of `data`, "
            "followed by the bytes of those tensors in the same order. Numbers are little-endian; each string "
            "follows its length in four bytes.",
        }
    }
}


class Prediction(NamedTuple):
    """A path that predicts: a one-line summary, and the bodies of the request and the answer."""

    summary: str
    request: Content
    answer: Content

    def operation(self, *framing: str) -> dict[str, Any]:
        return post(self.summary, self.request, self.answer, *framing)


def either_of(one: Prediction, other: Prediction) -> Prediction:
    """Describe a path that takes the bodies of both predictions. The example is that of the first."""
    return Prediction(
        f"{one.summary}, or {other.summary[0].lower()}{other.summary[1:]}",
        _any_of(one.request, other.request),
        _any_of(one.answer, other.answer),
    )


def json(schema: Schema, example: object = None) -> Content:
    return {"application/json": {"schema": schema} | ({} if example is None else {"example": example})}


def constant(document: Mapping[str, Any]) -> Content:
    """Describe a body that is always this document."""
    return json(closed_object({name: _constant(value) for name, value in document.items()}), document)


def _constant(value: Any) -> Schema:
    if isinstance(value, list):
        return array_of(one_of_values(value)) | {"minItems": len(value), "maxItems": len(value)}
    return {"type": "boolean"} if isinstance(value, bool) else one_of_values([value])


def get(summary: str, answer: Content) -> dict[str, Any]:
    return {
        "get": {
            "summary": summary,
            "parameters": parameters("X-Request-Id"),
            "responses": {"200": _response(answer)} | refusals(STATUSES_OF_GET),
        }
    }


def post(summary: str, request: Content, answer: Content, *framing: str) -> dict[str, Any]:
    """Describe a POST. `framing` names the headers that separate the parts of either body."""
    return {
        "post": {
            "summary": summary,
            "parameters": parameters("X-Request-Id", "X-Envoy-Expected-Rq-Timeout-Ms", "Content-Encoding", *framing),
            "requestBody": {"required": True, "content": request},
            "responses": {"200": _response(answer, *framing)} | refusals(STATUSES_OF_POST),
        }
    }


def _response(content: Content, *framing: str) -> dict[str, Any]:
    return {"description": "The answer.", "headers": headers(*framing), "content": content}


def _any_of(one: Content, other: Content) -> Content:
    both = {
        name: one[name] | {"schema": {"anyOf": [one[name]["schema"], other[name]["schema"]]}}
        for name in one
        if name in other
    }
    return one | other | both
