"""The parts that operations share: headers, parameters and refusals."""

from collections.abc import Iterable
from typing import Any

from server import errors
from server.openapi.from_types import one_of_values
from server.openapi.names import Named
from server.openapi.schemas import STRING, closed_object

JSON = "application/json"

HEADERS: dict[str, Any] = {
    "X-Request-Id": {
        "description": "The ID that the caller sent, or a generated one. The server's log has it, too.",
        "required": True,
        "schema": {"type": "string", "pattern": r"^[!#-\[\]-~]{1,64}$"},
    },
    "X-Served-By": {"description": "Name of the pod, if the server knows it.", "schema": STRING},
    "Inference-Header-Content-Length": {
        "description": "Length in bytes of the JSON part, which comes before the binary tensors.",
        "schema": {"type": "integer", "minimum": 2},
    },
    "Retry-After": {
        "description": "Seconds to wait before a retry.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    },
}

PARAMETERS: dict[str, Any] = {
    "X-Request-Id": {
        "description": "Returned in the response if it has up to 64 visible ASCII characters, none of them a quotation "
        "mark or a backslash. Any other value is ignored and an ID is generated.",
        "schema": STRING,
    },
    "X-Envoy-Expected-Rq-Timeout-Ms": {
        "description": "How long the caller waits, in milliseconds. A prediction that has not begun by then is refused "
        "with 504.",
        "schema": {"type": "integer", "minimum": 0, "maximum": 9_999_999_999},
    },
    "Inference-Header-Content-Length": {
        "description": "Length in bytes of the JSON part, which comes before the binary tensors. Without it the whole "
        "body is JSON.",
        "schema": {"type": "integer", "minimum": 0, "maximum": 9_999_999_999},
    },
    "Content-Encoding": {
        "description": "How the body is compressed, if it is.",
        "schema": one_of_values(["gzip", "deflate"]),
    },
}

_REFUSALS = {
    400: "The request is invalid. `error` says what to change.",
    408: "The request arrived too slowly.",
    413: "The body is too long, or a picture has too many pixels.",
    414: "The URL is over 8 KiB.",
    415: "The content type or coding is not supported, or the picture is not a JPEG, PNG or DICOM file.",
    431: "The head is over 32 KiB or has more than 100 fields.",
    500: "The server failed. Its log has the details.",
    503: "The server is overloaded or stopping. Retry later.",
    504: "The caller's deadline had passed before the prediction began.",
}
STATUSES_OF_POST = tuple(_REFUSALS)
STATUSES_OF_GET = tuple(status for status in _REFUSALS if status not in (415, 504))


def components() -> dict[str, Any]:
    return {
        "headers": HEADERS,
        "parameters": {name: {"name": name, "in": "header", **about} for name, about in PARAMETERS.items()},
        "responses": {f"refused-{status}": _refusal(status) for status in _REFUSALS},
    }


def _error() -> dict[str, Any]:
    reasons = dict.fromkeys(reason for reasons in errors.reasons_by_status().values() for reason in reasons)
    properties = {
        "error": {**STRING, "description": "What is wrong, and what to do about it."},
        "reason": {**one_of_values(list(reasons)), "description": "A stable code for programs."},
    }
    return Named("Error", closed_object(properties), shared=True)


def parameters(*names: str) -> list[dict[str, str]]:
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


def headers(*names: str) -> dict[str, Any]:
    """Return the headers of every response, and these."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-Id", "X-Served-By", *names)}


def refusals(statuses: Iterable[int]) -> dict[str, Any]:
    return {str(status): {"$ref": f"#/components/responses/refused-{status}"} for status in statuses}


def _refusal(status: int) -> dict[str, Any]:
    return {
        "description": _REFUSALS[status],
        "headers": headers("Retry-After") if status == 503 else headers(),  # noqa: PLR2004
        "content": {JSON: {"schema": _error()}},
    }
