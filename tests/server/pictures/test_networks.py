"""Networks exported elsewhere answer on every path as onnxruntime does for pictures prepared as in training."""

import io
import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import TensorProto
from PIL import Image

from model.__main__ import main
from server.v2.request import JSON_LENGTH
from tests.model.bring import networks
from tests.model.image.test_resize import photograph, torchvision_crop
from tests.served import serving
from tests.server.pictures.images import base64, written

pytestmark = pytest.mark.slow

Array = NDArray[Any]
IMAGENET = np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)

PICTURES = [photograph(*size) for size in ((90, 70), (64, 64), (50, 81), (200, 150))]
FILES = [written(picture, form) for picture, form in zip(PICTURES, ("PNG", "JPEG", "PNG", "JPEG"), strict=True)]
DECODED = [Image.open(io.BytesIO(file)) for file in FILES]


@dataclass(frozen=True)
class Case:
    """A network, the options it is bundled with, and what its training does with a picture.

    Attributes:
        prepare: Pillow's picture → the model's input as /v2 takes it, from 0 to 255.
        trained: That → the numbers that the network takes, without the batch's axis.
        probabilities: The network's scores → probabilities.
    """

    network: Callable[[], bytes]
    options: tuple[str, ...]
    prepare: Callable[[Image.Image], Array]
    trained: Callable[[Array], Array]
    probabilities: Callable[[Array], Array] = np.asarray


def stretched(side: int, resample: Image.Resampling, mode: str = "RGB") -> Callable[[Image.Image], Array]:
    return lambda picture: np.asarray(picture.convert(mode).resize((side, side), resample), np.float32)


CASES = {
    "resnet": Case(
        networks.resnet,
        ("--preprocess", "torchvision", "--labels", "oak,elm,ash,fir,yew"),
        lambda picture: torchvision_crop(picture, 73, 64, Image.Resampling.BILINEAR).astype(np.float32),
        lambda levels: ((levels / np.float32(255) - IMAGENET[0]) / IMAGENET[1]).transpose(2, 0, 1),
        networks.softmax,
    ),
    "mobilenet": Case(
        networks.mobilenet,
        ("--preprocess", "stretch", "--mean", "0.5", "--std", "0.5"),
        stretched(32, Image.Resampling.BILINEAR),
        lambda levels: (levels / np.float32(127.5) - 1).transpose(2, 0, 1),
    ),
    "keras": Case(
        lambda: networks.network().SerializeToString(),
        ("--preprocess", "keras-tf"),
        stretched(16, Image.Resampling.NEAREST),
        lambda levels: levels / np.float32(127.5) - 1,
    ),
    "caffe": Case(
        lambda: networks.network(("n", None, None, 3)).SerializeToString(),
        ("--preprocess", "keras-caffe", "--size", "20"),
        stretched(20, Image.Resampling.NEAREST),
        lambda levels: levels[:, :, ::-1] - np.array([103.939, 116.779, 123.68], np.float32),
    ),
    "bytes": Case(
        lambda: networks.network((1, 24, 24, 3), dtype=TensorProto.UINT8).SerializeToString(),
        (),
        stretched(24, Image.Resampling.NEAREST),
        lambda levels: levels.astype(np.uint8),
    ),
    "digits8": Case(
        lambda: networks.digits_pipeline()[1],
        ("--size", "8", "--mean", "0", "--std", "0.0625"),
        stretched(8, Image.Resampling.BILINEAR, "L"),
        lambda levels: (levels / np.float32(255) * 16).reshape(64),
    ),
}


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
    assert list(outputs) == ["prediction", "probabilities", "warnings"]
    return np.reshape(outputs["probabilities"]["data"], outputs["probabilities"]["shape"])


@pytest.mark.parametrize("name", CASES)
def test_preview_is_the_picture_as_the_model_sees_it(name: str, client: httpx.Client) -> None:
    answer = client.post(f"/predict/{name}", files={"image_file": FILES[0]}, data={"seen": "true"}).json()
    seen = Image.open(io.BytesIO(b64decode(answer["seen"].partition(",")[2])))
    assert np.abs(np.asarray(seen, np.float32) - CASES[name].prepare(DECODED[0])).max() <= 1
