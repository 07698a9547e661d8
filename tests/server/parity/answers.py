"""One answer of a server, taken apart so that two can be compared field by field."""

import json
from typing import Any
from uuid import UUID

import httpx
import numpy as np

DTYPES = {"INT64": "<i8", "FP32": "<f4"}


def comparable(answer: httpx.Response, request_id: str | None) -> dict[str, Any]:
    """status, what matters of the headers, and the document; of a refusal the status only, its words are its own."""
    taken: dict[str, Any] = {"status": answer.status_code}
    if answer.is_error:
        return taken
    for name in ("content-type", "ce-specversion"):
        taken[name] = answer.headers.get(name)
    length = answer.headers.get("inference-header-content-length")
    taken["binary"] = length is not None
    head = answer.content[: int(length)] if length else answer.content
    document = _without_nulls(json.loads(head or b"{}"))
    if "outputs" in document and "model_name" in document:
        document["outputs"] = _outputs(document["outputs"], answer.content[len(head) :])
        if not request_id:
            document["id"] = f"a UUID of version {UUID(document['id']).version}"
    return taken | {"document": document}


def _outputs(outputs: list[dict[str, Any]], binary: bytes) -> list[dict[str, Any]]:
    """Their values as the datatype holds them: KServe writes the float32 0.1 as 0.10000000149011612."""
    for output in outputs:
        dtype = DTYPES[output["datatype"]]
        size = output.get("parameters", {}).get("binary_data_size")
        values = np.array(output.pop("data"), dtype) if size is None else np.frombuffer(binary[:size], dtype)
        binary = binary[size or 0 :]
        output["values"] = values.tolist()
    assert not binary
    return outputs


def _without_nulls(value: Any) -> Any:
    """KServe writes "parameters": null where there are none."""
    if isinstance(value, dict):
        return {name: _without_nulls(member) for name, member in value.items() if member is not None}
    return [_without_nulls(member) for member in value] if isinstance(value, list) else value
