"""A deployment on a real cluster: make demo, then requests, then a rolling restart. The order matters."""

import json
import struct
import subprocess
import threading

import httpx
import pytest

from tests.conftest import ROOT
from tests.e2e.conftest import DEPLOYMENT, Deployed

pytestmark = pytest.mark.cluster

MALIGNANT = {
    "concavity_mean": 0.3001,
    "concave_points_mean": 0.1471,
    "perimeter_se": 8.589,
    "area_se": 153.4,
    "texture_worst": 17.33,
    "area_worst": 2019.0,
}


def test_make_demo_scales_from_1_to_3_and_back_and_loses_no_request(deployed: Deployed) -> None:
    done = subprocess.run(["make", "demo"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert f"curl {deployed.cluster.host}/predict" in done.stdout
    run = ROOT / "reports" / "latest"
    assert str(run / "report.html") in done.stdout
    assert {"report.html", "chart.png", "timeline.csv", "summary.json"} <= {path.name for path in run.iterdir()}
    summary = json.loads((run / "summary.json").read_text())
    assert summary["verdict"]["passed"] is True


def test_curl_on_the_nodeport_predicts_malignant(deployed: Deployed) -> None:
    url = f"{deployed.cluster.host}/predict"
    header = "Content-Type: application/json"
    command = ["curl", "-sS", "--fail-with-body", url, "-H", header, "-d", json.dumps(MALIGNANT)]
    answer = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert (answer["label"], answer["prediction"]) == ("M", 1)
    assert 0.5 < answer["probability"] <= 1


def test_info_and_health_respond(deployed: Deployed) -> None:
    info = deployed.http.get("/info").json()
    assert info["name"] == "Breast Cancer Wisconsin (Diagnostic)"
    for path in ("/health", "/health/ready", "/health/live"):
        assert deployed.http.get(path).json() == {"status": "ok"}


def test_a_response_names_its_pod(deployed: Deployed) -> None:
    assert deployed.http.get("/health").headers["x-served-by"] in deployed.pods()


def test_kserve_v1_and_v2_predict_the_same(deployed: Deployed) -> None:
    row = list(MALIGNANT.values())
    v1 = deployed.http.post("/v1/models/breast_model:predict", json={"instances": [row, [0.0] * 6]}).json()
    assert v1 == {"predictions": [1, 0]}
    metadata = deployed.http.get("/v2/models/breast_model").json()["inputs"]
    assert metadata == [{"name": "input", "datatype": "FP32", "shape": [-1, 6]}]
    tensor = {"name": "input", "datatype": "FP32", "shape": [1, 6]}
    v2 = deployed.http.post(
        "/v2/models/breast_model/infer", json={"id": "one", "inputs": [tensor | {"data": row}]}
    ).json()
    assert v2["outputs"][0]["data"] == [1]
    head = json.dumps({"id": "one", "inputs": [tensor | {"parameters": {"binary_data_size": 24}}]}).encode()
    headers = {"content-type": "application/octet-stream", "inference-header-content-length": str(len(head))}
    body = head + struct.pack("<6f", *row)
    assert deployed.http.post("/v2/models/breast_model/infer", content=body, headers=headers).json() == v2


def test_invalid_input_returns_400_with_a_reason(deployed: Deployed) -> None:
    answer = deployed.http.post("/predict", json=MALIGNANT | {"area_se": "big"})
    assert answer.status_code == 400
    assert answer.json().keys() == {"error", "reason"}
    assert answer.json()["reason"] == "value_type"
    assert "area_se" in answer.json()["error"]


def test_the_pod_has_no_writable_folder_and_no_token(deployed: Deployed) -> None:
    pod = deployed.pods()[0]
    program = (
        "import pathlib, os\n"
        "for folder in ('/app', '/model', '/tmp', '/var', '/'):\n"
        "    try: pathlib.Path(folder, 'x').write_text('x'); print('wrote', folder)\n"
        "    except OSError: pass\n"
        "print(os.getuid(), os.path.exists('/var/run/secrets/kubernetes.io'))"
    )
    assert deployed.run("exec", pod, "--", "python", "-c", program).split() == ["10001", "False"]


def test_metrics_are_served_only_inside_the_cluster(deployed: Deployed) -> None:
    assert deployed.http.get("/metrics").status_code == 404
    program = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:9000/metrics').read().decode())"
    assert "mlserving_model_info{" in deployed.run("exec", deployed.pods()[0], "--", "python", "-c", program)


def test_the_image_has_no_installer_and_no_training_libraries(deployed: Deployed) -> None:
    pod = deployed.pods()[0]
    program = (
        "from importlib.util import find_spec\n"
        "absent = ('pip', 'pandas', 'kubernetes', 'sklearn', 'joblib', 'scipy', 'torch', 'onnx', 'locust', 'pytest')\n"
        "print([name for name in absent if find_spec(name)])"
    )
    assert deployed.run("exec", pod, "--", "python", "-c", program).strip() == "[]"


def test_a_rolling_restart_loses_no_request(deployed: Deployed) -> None:
    stop = threading.Event()
    lost: list[str] = []
    pods: set[str] = set()
    answered = 0

    def send_requests() -> None:
        nonlocal answered
        with httpx.Client(base_url=deployed.cluster.host, timeout=10) as http:
            while not stop.is_set():
                try:
                    answer = http.post("/predict", json=MALIGNANT)
                    answer.raise_for_status()
                except httpx.HTTPError as error:
                    lost.append(repr(error))
                else:
                    answered += 1
                    pods.add(answer.headers["x-served-by"])

    clients = [threading.Thread(target=send_requests) for _ in range(4)]
    for client in clients:
        client.start()
    try:
        before = set(deployed.pods())
        deployed.run("rollout", "restart", DEPLOYMENT)
        deployed.run("rollout", "status", DEPLOYMENT, "--timeout", "120s")
        for pod in before:
            deployed.run("wait", "--for=delete", f"pod/{pod}", "--timeout", "60s")
    finally:
        stop.set()
        for client in clients:
            client.join()
    assert lost == []
    assert answered > 1000
    assert pods > before
