"""One operation of the OpenAPI document: what is sent, what is answered, how it may be refused."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from server.openapi.components import OF_ALL, OF_PREDICTIONS, headers, parameters, refusals
from server.openapi.schemas import Schema, exactly

Content = dict[str, Any]
"""What a body may be: media type → schema, and an example."""

OCTETS: Content = {
    "application/octet-stream": {
        "schema": {
            "type": "string",
            "format": "binary",
            "description": "The JSON, its tensors with `parameters: {binary_data_size}` for `data`; then their bytes, "
            "in that order: little-endian numbers, strings each behind their length in four bytes",
        }
    }
}


class Prediction(NamedTuple):
    """summary: what is predicted; request, answer: the bodies."""

    summary: str
    request: Content
    answer: Content

    def operation(self, *framing: str) -> dict[str, Any]:
        return post(self.summary, self.request, self.answer, *framing)


def either(one: Prediction, other: Prediction) -> Prediction:
    """What is taken as the one or as the other, by its body; the example is the one's."""
    return Prediction(
        f"{one.summary}, or {other.summary[0].lower()}{other.summary[1:]}",
        _any_of(one.request, other.request),
        _any_of(one.answer, other.answer),
    )


def json(schema: Schema, example: object = None) -> Content:
    return {"application/json": {"schema": schema} | ({} if example is None else {"example": example})}


def always(said: Mapping[str, Any]) -> Content:
    return json(exactly({name: {"const": value} for name, value in said.items()}), said)


def get(summary: str, answer: Content) -> dict[str, Any]:
    return {
        "get": {
            "summary": summary,
            "parameters": parameters("X-Request-Id"),
            "responses": {"200": _answered(answer)} | refusals(OF_ALL),
        }
    }


def post(summary: str, request: Content, answer: Content, *framing: str) -> dict[str, Any]:
    """framing: the headers by which the parts of either body are told apart."""
    return {
        "post": {
            "summary": summary,
            "parameters": parameters("X-Request-Id", "X-Envoy-Expected-Rq-Timeout-Ms", *framing),
            "requestBody": {"required": True, "content": request},
            "responses": {"200": _answered(answer, *framing)} | refusals(OF_PREDICTIONS),
        }
    }


def _answered(content: Content, *framing: str) -> dict[str, Any]:
    return {"description": "The answer", "headers": headers(*framing), "content": content}


def _any_of(one: Content, other: Content) -> Content:
    both = {
        name: one[name] | {"schema": {"anyOf": [one[name]["schema"], other[name]["schema"]]}}
        for name in one
        if name in other
    }
    return one | other | both
