"""Call a server with tritonclient.grpc, and print what each call returns.

This needs its own process: KServe's and Triton's protobuf messages have the same names and cannot both be loaded.
"""

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tritonclient.grpc as triton  # type: ignore[import-untyped]
from tritonclient.utils import InferenceServerException  # type: ignore[import-untyped]

from tests.server.pictures import images

ROWS = np.array([[1, 1], [-3, 1]], np.float32)
COLOURS = np.array([["red"], ["blue"]], np.object_)
SIZES = np.array([[0.5], [-1]], np.float32)
FILES = np.array([images.png(images.BAR), images.png(images.BLOCK)], np.object_)


def tensor(name: str, values: np.ndarray[Any, Any], datatype: str) -> triton.InferInput:
    made = triton.InferInput(name, list(values.shape), datatype)
    made.set_data_from_numpy(values)
    return made


def calls(client: triton.InferenceServerClient) -> Iterator[tuple[str, Callable[[], Any]]]:
    row, outputs = tensor("input", ROWS, "FP32"), [triton.InferRequestedOutput("probabilities")]
    yield "live", client.is_server_live
    yield "ready", client.is_server_ready
    yield "model ready", lambda: client.is_model_ready("sign")
    yield "version ready", lambda: client.is_model_ready("sign", "1.2.3")
    yield "other version ready", lambda: client.is_model_ready("sign", "9")
    yield "server", lambda: client.get_server_metadata(as_json=True)
    yield "model", lambda: client.get_model_metadata("sign", as_json=True)
    yield "id", lambda: client.infer("sign", [row], request_id="7").get_response().id
    yield "prediction", lambda: client.infer("sign", [row]).as_numpy("prediction").tolist()
    yield "one output", lambda: client.infer("sign", [row], outputs=outputs).as_numpy("prediction")
    strings = [tensor("colour", COLOURS, "BYTES"), tensor("size", SIZES, "FP32")]
    yield "strings", lambda: client.infer("price", strings).as_numpy("prediction").tolist()
    pictures = [tensor("input", FILES, "BYTES")]
    yield "pictures", lambda: client.infer("ink", pictures).as_numpy("prediction").tolist()
    yield "warnings", lambda: client.infer("ink", pictures).as_numpy("warnings").astype(str).tolist()
    yield "wrong input", lambda: client.infer("sign", [tensor("x", ROWS, "FP32")])
    yield "wrong model", lambda: client.infer("other", [row])
    zeros = [tensor("input", np.zeros((1000, 2), np.float32), "FP32")]
    yield (
        "compressed",
        lambda: client.infer("sign", zeros, compression_algorithm="gzip").as_numpy("prediction").sum().item(),
    )
    yield "too long", lambda: client.infer("sign", [tensor("input", ROWS.repeat(9000, 0), "FP32")])
    yield "load", lambda: client.load_model("sign")
    yield "unload", lambda: client.unload_model("sign")
    yield "index", client.get_model_repository_index


def result(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except InferenceServerException as error:
        return f"{error.status()}: {error.message()}"


if __name__ == "__main__":
    with triton.InferenceServerClient(sys.argv[1]) as client:
        print(json.dumps({name: result(call) for name, call in calls(client)}))
