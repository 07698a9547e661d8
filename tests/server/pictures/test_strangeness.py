"""A picture unlike the samples gets a warning, but only from a network that was bundled with samples."""

from collections.abc import Iterator

import httpx
import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from model.__main__ import main
from tests.served import serving
from tests.server.pictures.images import base64, written

pytestmark = pytest.mark.slow

RED, BLUE = (base64(written(Image.new("RGB", (20, 20), colour), "PNG")) for colour in ((200, 0, 0), (0, 0, 200)))


def redness() -> bytes:
    """Return a network whose first logit is nine times the mean of red; the second one is 0."""
    weights = {"red": np.array([[9, 0], [0, 0], [0, 0]], np.float32), "axes": np.array([1, 2], np.int64)}
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["x", "axes"], ["mean"], keepdims=0),
            helper.make_node("MatMul", ["mean", "red"], ["scores"]),
        ],
        "redness",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 8, 8, 3])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", 2])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    content: bytes = model.SerializeToString()
    return content


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a server of the network with samples ("aware") and without ("unaware")."""
    root = tmp_path_factory.mktemp("redness")
    (root / "net.onnx").write_bytes(redness())
    (root / "samples").mkdir()
    for index in range(30):
        Image.new("RGB", (9, 9), (150 + index, 0, 0)).save(root / "samples" / f"{index}.png")
    command = ["bundle", str(root / "net.onnx"), "--labels", "red,other", "--std", "1", "--subject", "a tomato"]
    for name, more in (("aware", ["--samples", str(root / "samples")]), ("unaware", [])):
        assert main([*command, "--name", name, "--output", str(root / name), *more]) == 0
    environment = {"MODEL_NAME": "aware,unaware", "MODEL_PATH": f"{root / 'aware'},{root / 'unaware'}"}
    with serving(environment, root / "server.log") as served, httpx.Client(base_url=served.url) as http:
        yield http


@pytest.mark.parametrize(
    ("name", "picture", "expected"),
    [("aware", RED, []), ("aware", BLUE, ["It does not look like a tomato."]), ("unaware", BLUE, [])],
)
def test_strange_picture_gets_a_warning(client: httpx.Client, name: str, picture: str, expected: list[str]) -> None:
    assert client.post(f"/predict/{name}", json={"image": picture}).json()["warnings"] == expected


def test_strangeness_is_the_energy_of_the_logits(client: httpx.Client) -> None:
    tensor = {"name": "input", "datatype": "BYTES", "shape": [2], "data": [RED, BLUE]}
    outputs = client.post("/v2/models/aware/infer", json={"inputs": [tensor]}).json()["outputs"]
    strangeness = next(output["data"] for output in outputs if output["name"] == "strangeness")
    assert strangeness == pytest.approx([-np.logaddexp(9 * 200 / 255, 0), -np.logaddexp(0, 0)], abs=1e-5)


def test_network_without_samples_has_no_strangeness(client: httpx.Client) -> None:
    assert "strangeness" in client.get("/v2/models/aware").text
    assert "strangeness" not in client.get("/v2/models/unaware").text
    assert client.get("/info/unaware").json()["picture"]["strange_above"] is None
