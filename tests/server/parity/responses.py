"""Reduce a response to what must be equal between two servers."""

import json
from typing import Any
from uuid import UUID

import httpx
import numpy as np

DTYPES = {"INT64": "<i8", "FP32": "<f4"}


def comparable(response: httpx.Response, request_id: str | None) -> dict[str, Any]:
    """Return the status, the relevant headers and the decoded body; of a refusal the status alone."""
    result: dict[str, Any] = {"status": response.status_code}
    if response.is_error:
        return result
    for name in ("content-type", "ce-specversion"):
        result[name] = response.headers.get(name)
    length = response.headers.get("inference-header-content-length")
    result["binary"] = length is not None
    head = response.content[: int(length)] if length else response.content
    document = _without_nulls(json.loads(head or b"{}"))
    if "outputs" in document and "model_name" in document:
        document["outputs"] = _outputs(document["outputs"], response.content[len(head) :])
        if not request_id:
            document["id"] = f"a UUID of version {UUID(document['id']).version}"
    return result | {"document": document}


def _outputs(outputs: list[dict[str, Any]], binary: bytes) -> list[dict[str, Any]]:
    """Convert the values to the datatype, as KServe writes the float32 0.1 as 0.10000000149011612."""
    for output in outputs:
        dtype = DTYPES[output["datatype"]]
        size = output.get("parameters", {}).get("binary_data_size")
        values = np.array(output.pop("data"), dtype) if size is None else np.frombuffer(binary[:size], dtype)
        binary = binary[size or 0 :]
        output["values"] = values.tolist()
    assert not binary
    return outputs


def _without_nulls(value: Any) -> Any:
    """Drop nulls: KServe writes "parameters": null if there are none."""
    if isinstance(value, dict):
        return {name: _without_nulls(member) for name, member in value.items() if member is not None}
    return [_without_nulls(member) for member in value] if isinstance(value, list) else value
