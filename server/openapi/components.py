"""What the operations of the OpenAPI document share: headers, parameters, and how each may be refused."""

from collections.abc import Iterable
from typing import Any

from server.openapi.schemas import STRING, exactly

JSON = "application/json"

HEADERS: dict[str, Any] = {
    "X-Request-Id": {
        "description": "The caller's, or one made for this request; the server's log has it too",
        "required": True,
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
    },
    "X-Served-By": {"description": "The pod, where the server knows its name", "schema": STRING},
    "Inference-Header-Content-Length": {
        "description": "Length in bytes of the JSON before the binary tensors",
        "schema": {"type": "integer", "minimum": 2},
    },
    "Retry-After": {"description": "Seconds", "required": True, "schema": {"type": "integer", "minimum": 1}},
}

PARAMETERS: dict[str, Any] = {
    "X-Request-Id": {
        "description": "1 to 64 of A-Za-z0-9._- come back in the answer; of anything else no notice is taken",
        "schema": STRING,
    },
    "X-Envoy-Expected-Rq-Timeout-Ms": {
        "description": "Milliseconds that the caller waits; a prediction that has not begun by then is not made",
        "schema": {"type": "integer", "minimum": 0, "maximum": 9_999_999_999},
    },
    "Inference-Header-Content-Length": {
        "description": "Length in bytes of the JSON before the binary tensors; without it all is JSON",
        "schema": {"type": "integer", "minimum": 0, "maximum": 9_999_999_999},
    },
}

_REFUSALS = {
    400: "What was sent cannot be understood, or has no answer",
    408: "It came too slowly",
    413: "The body is longer than the server takes, or a picture has more pixels",
    414: "The URL is over 8 KiB",
    415: "Another content type than this path reads, a compressed body, or a picture in another format",
    431: "The head is over 32 KiB or 100 fields",
    500: "The server failed; its log says why",
    503: "More is waiting than the server can do soon, or it stops; ask again",
    504: "The deadline had passed before the prediction began",
}
OF_PREDICTIONS = tuple(_REFUSALS)
OF_ALL = tuple(status for status in _REFUSALS if status not in (415, 504))


def components() -> dict[str, Any]:
    return {
        "headers": HEADERS,
        "parameters": {name: {"name": name, "in": "header", **about} for name, about in PARAMETERS.items()},
        "responses": {f"refused-{status}": _refusal(status) for status in _REFUSALS},
        "schemas": {
            "Error": exactly(
                {
                    "error": {**STRING, "description": "What is wrong, and what to do"},
                    "reason": {**STRING, "description": "A stable code for programs"},
                }
            )
        },
    }


def parameters(*names: str) -> list[dict[str, str]]:
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


def headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-Id", "X-Served-By", *names)}


def refusals(statuses: Iterable[int]) -> dict[str, Any]:
    return {str(status): {"$ref": f"#/components/responses/refused-{status}"} for status in statuses}


def _refusal(status: int) -> dict[str, Any]:
    return {
        "description": _REFUSALS[status],
        "headers": headers("Retry-After") if status == 503 else headers(),  # noqa: PLR2004
        "content": {JSON: {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
