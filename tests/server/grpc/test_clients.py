"""Run the unmodified gRPC clients of KServe and Triton against a server process."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import grpc
import numpy as np
import pytest
from kserve import InferenceGRPCClient, InferInput, InferRequest

from tests.served import ROOT

pytestmark = pytest.mark.slow

ROWS = np.array([[1, 1], [-3, 1]], np.float32)
COLOURS = np.array([["red"], ["blue"]], np.object_)
SIZES = np.array([[0.5], [-1]], np.float32)


@pytest.fixture
def triton(address: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.server.grpc.triton_calls", address]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    results: dict[str, Any] = json.loads(done.stdout)
    return results


def test_tritons_client_works_unchanged(triton: dict[str, Any]) -> None:
    refused = {
        "other version ready": "StatusCode.NOT_FOUND: Not found: the model has another version here.",
        "wrong input": "StatusCode.INVALID_ARGUMENT: Send exactly these inputs, each once: x, y. "
        "Or send one, input, with all 2 columns.",
        "wrong model": "StatusCode.NOT_FOUND: Not found: no model has that name. Use one of these: sign, price,",
        "load": "StatusCode.UNIMPLEMENTED: This server does not have the method.",
        "unload": "StatusCode.UNIMPLEMENTED: This server does not have the method.",
        "index": "StatusCode.UNIMPLEMENTED: This server does not have the method.",
        "too long": "StatusCode.INVALID_ARGUMENT: The message is over 65536 bytes. Send fewer rows or pictures.",
    }
    for name, sentence in refused.items():
        assert triton.pop(name).startswith(sentence), name
    model, server = triton.pop("model"), triton.pop("server")
    assert server["name"] == "kserve"
    assert model["versions"] == ["1.2.3"]
    assert model["inputs"] == [{"name": "input", "datatype": "FP32", "shape": ["-1", "2"]}]
    assert [output["name"] for output in model["outputs"]] == ["prediction", "probabilities", "warnings"]
    assert triton == {
        "live": True,
        "ready": True,
        "model ready": True,
        "version ready": True,
        "id": "7",
        "prediction": [1, 0],
        "one output": None,
        "compressed": 0,
        "strings": [1.5, 1.0],
        "pictures": [0, 1],
        "warnings": ["", ""],
    }


def with_client(address: str, call: Callable[[InferenceGRPCClient], Coroutine[Any, Any, Any]]) -> Any:
    async def run() -> Any:
        async with InferenceGRPCClient(address) as client:
            return await call(client)

    return asyncio.run(run())


def test_kserves_client_sees_the_server_ready(address: str) -> None:
    assert with_client(address, lambda client: client.is_server_live()) is True
    assert with_client(address, lambda client: client.is_server_ready()) is True
    assert with_client(address, lambda client: client.is_model_ready("sign")) is True
    with pytest.raises(grpc.RpcError, match="NOT_FOUND"):
        with_client(address, lambda client: client.is_model_ready("other"))


@pytest.mark.parametrize("raw", [True, False])
def test_kserves_client_predicts_rows(address: str, raw: bool) -> None:
    tensor = InferInput("input", [2, 2], "FP32")
    tensor.set_data_from_numpy(ROWS, binary_data=raw)
    response = with_client(address, lambda client: client.infer(InferRequest("sign", [tensor], "seven")))
    assert (response.id, response.model_name, response.model_version) == ("seven", "sign", "1.2.3")
    assert response.get_output_by_name("prediction").as_numpy().tolist() == [1, 0]
    probabilities = response.get_output_by_name("probabilities").as_numpy()
    assert probabilities.dtype == np.float32
    assert probabilities.argmax(1).tolist() == [1, 0]


@pytest.mark.parametrize("raw", [True, False])
def test_kserves_client_sends_strings(address: str, raw: bool) -> None:
    colour, size = InferInput("colour", [2, 1], "BYTES"), InferInput("size", [2, 1], "FP32")
    colour.set_data_from_numpy(COLOURS, binary_data=raw)
    size.set_data_from_numpy(SIZES, binary_data=raw)
    response = with_client(address, lambda client: client.infer(InferRequest("price", [colour, size])))
    assert response.outputs[0].as_numpy().tolist() == [1.5, 1]
