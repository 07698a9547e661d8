"""Networks exported elsewhere answer on every path as onnxruntime does for pictures prepared as in training."""

import io
import json
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from model.__main__ import main
from server.v2.request import JSON_LENGTH
from tests.model.bring import networks
from tests.served import serving
from tests.server.pictures.images import base64
from tests.server.pictures.network_cases import CASES, DECODED, FILES
from tests.server.test_openapi import compared_examples, faults

pytestmark = pytest.mark.slow

Array = NDArray[Any]


@pytest.fixture(scope="module")
def exported() -> dict[str, bytes]:
    return {name: case.network() for name, case in CASES.items()}


@pytest.fixture(scope="module")
def client(exported: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    root = tmp_path_factory.mktemp("networks")
    for name, case in CASES.items():
        (root / f"{name}.onnx").write_bytes(exported[name])
        command = ["bundle", str(root / f"{name}.onnx"), "--name", name, "--output", str(root / name), *case.options]
        assert main(command) == 0
    environment = {"MODEL_NAME": ",".join(CASES), "MODEL_PATH": ",".join(str(root / name) for name in CASES)}
    with serving(environment, root / "server.log") as served, httpx.Client(base_url=served.url) as http:
        yield http


def expected(name: str, exported: dict[str, bytes]) -> Array:
    """Return the probabilities of the four pictures, straight from onnxruntime."""
    case = CASES[name]
    given = np.stack([case.trained(case.prepare(picture)) for picture in DECODED])
    return case.probabilities(networks.scores(exported[name], given))


def close(probabilities: Any, own: Array) -> bool:
    return bool(np.allclose(np.asarray(probabilities), own, atol=1e-5))


@pytest.mark.parametrize("name", CASES)
def test_one_picture_is_answered_in_every_form(name: str, client: httpx.Client, exported: dict[str, bytes]) -> None:
    own = expected(name, exported)
    for index, file in enumerate(FILES):
        kind = "image/jpeg" if file.startswith(b"\xff") else "image/png"
        answers = [
            client.post(f"/predict/{name}", content=file, headers={"Content-Type": kind}),
            client.post(f"/predict/{name}", files={"image_file": file}),
            client.post(f"/predict/{name}", json={"image": base64(file)}),
        ]
        for answer in answers:
            assert answer.status_code == 200, answer.text
            assert close(list(answer.json()["probabilities"].values()), own[index])
            assert answer.json()["prediction"] == own[index].argmax()
            assert answer.json()["warnings"] == (
                ["The picture is in colour; it was converted to grey."] if name == "digits8" else []
            )
        label = client.post(f"/predict/{name}/img", content=file, headers={"Content-Type": kind})
        assert label.json()["y"] == answers[0].json()["label"]


@pytest.mark.parametrize("name", CASES)
def test_batches_and_both_kserve_protocols_give_the_same(
    name: str, client: httpx.Client, exported: dict[str, bytes]
) -> None:
    own = expected(name, exported)
    lists = [np.asarray(picture).tolist() for picture in DECODED]
    batch = client.post(f"/predict/{name}/batch", json={"x": lists, "probabilities": True}).json()
    assert batch["y"] == own.argmax(axis=1).tolist()
    assert close(batch["probabilities"], own)
    instances = [{"b64": base64(file)} for file in FILES[:2]] + lists[2:]
    answers = client.post(f"/v1/models/{name}:predict", json={"instances": instances}).json()["predictions"]
    assert close([list(answer["probabilities"].values()) for answer in answers], own)
    files = {"name": "input", "datatype": "BYTES", "shape": [4], "data": [base64(file) for file in FILES]}
    assert close(infer(client, name, files), own)


@pytest.mark.parametrize("name", CASES)
def test_tensors_of_either_layout_give_the_same(name: str, client: httpx.Client, exported: dict[str, bytes]) -> None:
    own = expected(name, exported)
    pictures = np.stack([CASES[name].prepare(picture) for picture in DECODED]).astype("<f4") / np.float32(255)
    described = client.get(f"/v2/models/{name}").json()["inputs"]
    assert described == [{"name": "input", "datatype": "FP32", "shape": [-1, *pictures.shape[1:]]}]
    last = pictures.reshape(*pictures.shape[:3], -1)
    for given in (pictures, last, np.ascontiguousarray(last.transpose(0, 3, 1, 2))):
        tensor = {"name": "input", "datatype": "FP32", "shape": given.shape}
        size = {"binary_data_size": given.nbytes}
        assert close(infer(client, name, tensor | {"data": given.tolist()}), own)
        assert close(infer(client, name, tensor | {"parameters": size}, given.tobytes()), own)


def infer(client: httpx.Client, name: str, tensor: dict[str, Any], binary: bytes = b"") -> Array:
    head = json.dumps({"inputs": [tensor]}).encode()
    headers = {JSON_LENGTH.decode(): str(len(head))} if binary else {}
    answer = client.post(f"/v2/models/{name}/infer", content=head + binary, headers=headers)
    assert answer.status_code == 200, answer.text
    outputs = {output["name"]: output for output in answer.json()["outputs"]}
    assert list(outputs) == ["prediction", "probabilities", "notes", "alarms", "warnings"]
    return np.reshape(outputs["probabilities"]["data"], outputs["probabilities"]["shape"])


@pytest.mark.parametrize("name", CASES)
def test_preview_is_the_picture_as_the_model_sees_it(name: str, client: httpx.Client) -> None:
    answer = client.post(f"/predict/{name}", files={"image_file": FILES[0]}, data={"seen": "true"}).json()
    seen = Image.open(io.BytesIO(b64decode(answer["seen"].partition(",")[2])))
    assert np.abs(np.asarray(seen, np.float32) - CASES[name].prepare(DECODED[0])).max() <= 1


def test_openapi_document_describes_every_network(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    assert compared_examples(document, client) > 5 * len(CASES)


def test_server_conforms_to_the_document(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    document["paths"] = {path: about for path, about in document["paths"].items() if "bytes" in path}
    unsayable = "/infer$|/bytes(/|:|$)"  # whether rows of pixels have one length, and which bytes are a picture
    assert faults(document, str(client.base_url), unsayable) == []
