"""KServe's pods on the built-in node, in a namespace that admits only "restricted" pods, from a store on this machine.

The commands are those of README and of docs/kserve.md. Only KServe's controller is a stand-in.
"""

import asyncio
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import numpy as np
import pytest
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, InferResponse, RESTConfig

from model import catalog
from tests.conftest import ROOT, Cluster
from tests.e2e.conftest import ENFORCE, build_image
from tests.e2e.kserve_cluster import KServe, kserve_on, namespace
from tests.e2e.readme import KSERVE_COMMANDS, commands_starting_with
from tests.e2e.test_readme import BUNDLE, FIT

pytestmark = pytest.mark.cluster

PUSH, ISVC, ASK = KSERVE_COMMANDS
DOCS: list[str] = re.findall(r"^\$ (.+)$", (ROOT / "docs" / "kserve.md").read_text(), re.MULTILINE)
SECRET, PUSH_ALL, MAKE, *OWN, STATUS = DOCS
ROWS = [[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]]


@pytest.fixture(scope="module")
def on_kserve(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KServe]:
    """The built-in node with the image, a store, the Secret that lets the pods read it, and a model of one's own."""
    if cluster.context != "mlserving-node":
        pytest.skip("The store runs on this machine, which the pods of another cluster may not reach.")
    build_image(cluster)
    address = json.loads(cluster.run("get", "nodes", "--output", "json"))["items"][0]["status"]["addresses"][0]
    with (
        namespace(cluster, f"{ENFORCE}=restricted") as inside,
        kserve_on(inside, address["address"], tmp_path_factory.mktemp("kserve")) as shell,
    ):
        subprocess.run([sys.executable, "-c", FIT], cwd=shell.folder, check=True)
        shell.run(commands_starting_with(BUNDLE)[0])
        shell.run(SECRET)
        yield shell


def test_three_commands_lead_from_a_bundle_to_an_answer_by_kserves_client(on_kserve: KServe) -> None:
    on_kserve.run(PUSH)
    on_kserve.run(ISVC)
    assert on_kserve.run(ASK).strip() == "{'predictions': [0]}"


def test_v2_and_grpc_answer_as_v1_does(on_kserve: KServe) -> None:
    host = httpx.URL(on_kserve.cluster.host).host
    url = f"http://{host}:{on_kserve.port('my-model', 'http')}"
    tensor = InferInput("input", [2, 4], "FP32")
    tensor.set_data_from_numpy(np.array(ROWS, np.float32), binary_data=False)
    request = InferRequest("my-model", [tensor])

    async def ask() -> tuple[list[InferResponse], dict[str, list[int]]]:
        v1, v2 = (InferenceRESTClient(RESTConfig(protocol=protocol)) for protocol in ("v1", "v2"))
        grpc = InferenceGRPCClient(f"{host}:{on_kserve.port('my-model', 'grpc')}")
        predicted = await v1.infer(url, {"instances": ROWS}, model_name="my-model")
        answers = [await v2.infer(url, request, model_name="my-model"), await grpc.infer(request)]
        for client in (v1, v2, grpc):
            await client.close()
        return answers, predicted

    answers, predicted = asyncio.run(ask())
    assert predicted == {"predictions": [0, 2]}
    for answer in answers:
        assert answer.outputs[0].as_numpy().ravel().tolist() == predicted["predictions"]


def test_the_pod_is_kserves_and_serves_only_the_pushed_bundle(on_kserve: KServe) -> None:
    digest = re.search(r"MODEL_DIGEST=(.+)", (on_kserve.folder / "my_model.env").read_text())
    assert digest
    made = on_kserve.object("deployment/my-model-predictor")["spec"]["template"]["spec"]["containers"][0]
    assert {"name": "MODEL_DIGEST", "value": digest[1]} in made["env"]
    url = f"http://{httpx.URL(on_kserve.cluster.host).host}:{on_kserve.port('my-model', 'http')}"
    answer = httpx.get(f"{url}/info")
    assert (answer.json()["model"], answer.json()["digest"]) == ("my-model", digest[1])
    assert answer.headers["x-served-by"].startswith("my-model-predictor-")
    program = "import os; print(os.getuid(), os.access('/mnt/models', os.W_OK))"
    words = on_kserve.cluster.run(
        "exec", answer.headers["x-served-by"], "-c", "kserve-container", "--", "python", "-c", program
    )
    assert words.split() == ["10001", "False"]


def test_a_model_that_is_not_what_it_should_be_never_serves_and_the_pod_says_why(on_kserve: KServe) -> None:
    bucket = on_kserve.store / "models"
    (version,) = (bucket / "my_model").iterdir()
    damaged, other = bucket / "damaged", bucket / "other" / ("0" * 64)
    for copy in (damaged, other):
        shutil.copytree(version, copy)
    (damaged / "model.onnx").write_bytes((version / "model.onnx").read_bytes().replace(b"skl2onnx", b"SKL2ONNX"))
    unchecked = "env -u AWS_ACCESS_KEY_ID .venv/bin/python -m model isvc {} --uri s3://models/{} | kubectl apply -f -"
    on_kserve.run(unchecked.format("damaged", "damaged"))
    on_kserve.run(unchecked.format("other", f"other/{other.name}"))
    messages = wait_for_messages(on_kserve, {"damaged", "other"})
    assert "model.onnx in s3://models/damaged has changed" in messages["damaged"]
    assert "but MODEL_DIGEST has 0000" in messages["other"]
    for name in ("damaged", "other"):
        assert "readyReplicas" not in on_kserve.object(f"deployment/{name}-predictor")["status"]
        on_kserve.cluster.run("delete", f"deployment/{name}-predictor", f"hpa/{name}")


def wait_for_messages(on_kserve: KServe, names: set[str]) -> dict[str, str]:
    """Return what the command of docs/kserve.md prints for the InferenceServices, when it has printed all of them."""
    for _ in range(60):
        printed = on_kserve.run(STATUS)
        messages = re.findall(r"^(\S+)-predictor-\S+: (.*(?:\n(?!\S+-predictor-).*)*)", printed, re.MULTILINE)
        found = {name: message for name, message in messages if message.strip()}
        if names <= found.keys():
            return found
        time.sleep(1)
    raise AssertionError(f"the pods do not say why they do not start: {printed}")


def test_the_models_that_ship_are_served_from_the_committed_files(on_kserve: KServe) -> None:
    on_kserve.run(PUSH_ALL)
    assert MAKE == "make kserve"
    on_kserve.run("kubectl apply -f k8s/kserve")  # make kserve needs KServe: see below
    host = httpx.URL(on_kserve.cluster.host).host
    for model in catalog.SHIPPED:
        name = model.name.replace("_", "-")
        on_kserve.run(f"kubectl wait --for condition=Ready inferenceservice/{name}")
        url = f"http://{host}:{on_kserve.port(name, 'http')}"
        with httpx.Client(base_url=url, transport=httpx.HTTPTransport(retries=8)) as http:
            assert http.get(f"/v2/models/{name}/ready").status_code == httpx.codes.OK
    picture = (ROOT / "loadtest" / "pictures" / "digits" / "digit-7-1.png").read_bytes()
    url = f"http://{host}:{on_kserve.port('digits', 'http')}/predict/img"
    assert httpx.post(url, content=picture, headers={"content-type": "image/png"}).json()["y"] == "7"


def test_ones_own_model_is_applied_from_a_file(on_kserve: KServe) -> None:
    for command in OWN:
        on_kserve.run(command)
    assert "my-model-nodeport" in on_kserve.run(OWN[-1])


def test_make_kserve_says_what_to_install_where_kserve_is_not(cluster: Cluster) -> None:
    if "serving.kserve.io" in cluster.run("api-versions"):
        pytest.skip("This cluster has KServe.")
    environment = {**cluster.environment, "CONTEXT": cluster.context}
    done = subprocess.run([ROOT / "scripts" / "kserve"], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    said = [line for line in done.stderr.splitlines() if line.startswith("kserve: ")]
    assert len(said) == 1
    assert "install KServe 0.20 or newer" in said[0]
