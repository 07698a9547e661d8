"""Run the unmodified clients of KServe and Triton against a server process."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import httpx
import numpy as np
import pytest
import tritonclient.http as triton  # type: ignore[import-untyped]
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput
from tritonclient.utils import InferenceServerException, np_to_triton_dtype  # type: ignore[import-untyped]

pytestmark = pytest.mark.slow

ROWS = np.array([[1, 1], [-3, 1]], np.float32)
COLOURS = np.array([["red"], ["blue"]], np.object_)
SIZES = np.array([[0.5], [-1]], np.float32)

Call = Callable[[InferenceRESTClient], Coroutine[Any, Any, Any]]


@pytest.fixture
def url(client: httpx.Client) -> str:
    return str(client.base_url).rstrip("/")


def with_client(protocol: str, call: Call) -> Any:
    async def run() -> Any:
        async with InferenceRESTClient(RESTConfig(protocol=protocol)) as client:
            return await call(client)

    return asyncio.run(run())


def test_kserves_v1_client_predicts_and_sees_the_server_ready(url: str) -> None:
    rows = {"instances": ROWS.tolist()}
    assert with_client("v1", lambda client: client.infer(url, rows, "sign")) == {"predictions": [1, 0]}
    assert with_client("v1", lambda client: client.is_server_live(url)) is True
    assert with_client("v1", lambda client: client.is_model_ready(url, "sign")) is True


def test_kserves_v2_client_sees_the_server_ready(url: str) -> None:
    assert with_client("v2", lambda client: client.is_server_live(url)) is True
    assert with_client("v2", lambda client: client.is_server_ready(url)) is True
    assert with_client("v2", lambda client: client.is_model_ready(url, "sign")) is True
    assert with_client("v2", lambda client: client.is_model_ready(url, "unknown")) is False


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("binary_output", [None, True, False])
def test_kserves_v2_client_predicts(url: str, binary: bool, binary_output: bool | None) -> None:
    tensor = InferInput("input", [2, 2], "FP32")
    tensor.set_data_from_numpy(ROWS, binary_data=binary)
    outputs = [RequestedOutput(name, {"binary_data": binary_output}) for name in ("probabilities", "prediction")]
    request = InferRequest("sign", [tensor], "seven", request_outputs=None if binary_output is None else outputs)
    response = with_client("v2", lambda client: client.infer(url, request, "sign"))
    assert (response.id, response.model_name) == ("seven", "sign")
    assert response.get_output_by_name("prediction").as_numpy().tolist() == [1, 0]
    probabilities = response.get_output_by_name("probabilities").as_numpy()
    assert probabilities.dtype == np.float32
    assert probabilities.argmax(1).tolist() == [1, 0]


@pytest.mark.parametrize("binary", [True, False])
def test_kserves_v2_client_sends_strings(url: str, binary: bool) -> None:
    colour, size = InferInput("colour", [2, 1], "BYTES"), InferInput("size", [2, 1], "FP32")
    colour.set_data_from_numpy(COLOURS, binary_data=binary)
    size.set_data_from_numpy(SIZES, binary_data=binary)
    request = InferRequest("price", [colour, size], parameters={"binary_data_output": binary})
    response = with_client("v2", lambda client: client.infer(url, request, "price"))
    assert response.outputs[0].as_numpy().tolist() == [1.5, 1]


@pytest.mark.parametrize("protocol", ["v1", "v2"])
def test_kserves_client_shows_the_sentence_of_a_refusal(url: str, protocol: str) -> None:
    with pytest.raises(httpx.HTTPStatusError, match=r"(must be a|is missing).*'400 Bad Request'"):
        with_client(protocol, lambda client: client.infer(url, {}, "sign"))


@pytest.fixture
def triton_client(url: str) -> Iterator[triton.InferenceServerClient]:
    with triton.InferenceServerClient(url.removeprefix("http://")) as client:
        yield client


def test_tritons_client_sees_the_server_ready(triton_client: triton.InferenceServerClient) -> None:
    assert triton_client.is_server_live()
    assert triton_client.is_server_ready()
    assert triton_client.is_model_ready("sign")
    assert not triton_client.is_model_ready("unknown")
    assert triton_client.get_server_metadata()["name"] == "kserve"
    metadata = triton_client.get_model_metadata("sign")
    assert metadata["inputs"] == [{"name": "input", "datatype": "FP32", "shape": [-1, 2]}]
    assert [output["name"] for output in metadata["outputs"]] == ["prediction", "probabilities", "warnings"]


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("binary_output", [None, True, False])
def test_tritons_client_predicts(
    triton_client: triton.InferenceServerClient, binary: bool, binary_output: bool | None
) -> None:
    tensor = triton.InferInput("input", [2, 2], "FP32")
    tensor.set_data_from_numpy(ROWS, binary_data=binary)
    outputs = [triton.InferRequestedOutput(name, binary_output or False) for name in ("probabilities", "prediction")]
    response = triton_client.infer("sign", [tensor], outputs=None if binary_output is None else outputs, request_id="7")
    assert response.get_response()["id"] == "7"
    assert response.as_numpy("prediction").tolist() == [1, 0]
    assert response.as_numpy("probabilities").argmax(1).tolist() == [1, 0]


@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
@pytest.mark.parametrize("binary", [True, False])
def test_tritons_client_compresses(triton_client: triton.InferenceServerClient, algorithm: str, binary: bool) -> None:
    rows = np.tile(ROWS, (1000, 1))
    tensor = triton.InferInput("input", [2000, 2], "FP32")
    tensor.set_data_from_numpy(rows, binary_data=binary)
    coding = {"request_compression_algorithm": algorithm, "response_compression_algorithm": algorithm}
    response = triton_client.infer("sign", [tensor], **coding)
    assert response.as_numpy("prediction").tolist() == [1, 0] * 1000


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("dtype", [np.float64, np.int64, np.int32, np.int8])
def test_tritons_client_sends_tables_of_other_datatypes(
    triton_client: triton.InferenceServerClient, dtype: type[np.number[Any]], binary: bool
) -> None:
    rows = ROWS.astype(dtype)
    datatype = np_to_triton_dtype(rows.dtype)
    matrix = triton.InferInput("input-0", [2, 2], datatype)
    matrix.set_data_from_numpy(rows, binary_data=binary)
    columns = [triton.InferInput(name, [2], datatype) for name in ("y", "x")]
    for column, values in zip(columns, (rows[:, 1], rows[:, 0]), strict=True):
        column.set_data_from_numpy(values, binary_data=binary)
    for inputs in ([matrix], columns):
        response = triton_client.infer("sign", inputs, parameters={"content_type": "pd"})
        assert response.as_numpy("prediction").tolist() == [1, 0]


@pytest.mark.parametrize("binary", [True, False])
def test_tritons_client_sends_strings(triton_client: triton.InferenceServerClient, binary: bool) -> None:
    colour, size = triton.InferInput("colour", [2, 1], "BYTES"), triton.InferInput("size", [2, 1], "FP32")
    colour.set_data_from_numpy(COLOURS, binary_data=binary)
    size.set_data_from_numpy(SIZES, binary_data=binary)
    assert triton_client.infer("price", [colour, size]).as_numpy("prediction").tolist() == [1.5, 1]


def test_tritons_client_shows_the_sentence_of_a_refusal(triton_client: triton.InferenceServerClient) -> None:
    tensor = triton.InferInput("x", [2, 2], "FP32")
    tensor.set_data_from_numpy(ROWS)
    with pytest.raises(InferenceServerException, match="exactly these inputs, each once: x, y"):
        triton_client.infer("sign", [tensor])
