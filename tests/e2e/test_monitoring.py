"""Prometheus on the cluster: it finds the pods, every query has an answer, and an outage pages within two minutes."""

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from tests.conftest import ROOT
from tests.e2e.conftest import DEPLOYMENT, Deployed
from tests.e2e.test_life import MALIGNANT
from tests.monitoring.files import ALL_RULES, DASHBOARDS, expressions, with_variables
from tests.monitoring.live import Prometheus
from tests.served import free_port

pytestmark = pytest.mark.cluster

APP = "ml-serving"
# Prints what Alertmanager sends, a line for each alert. The image of the service has the Python to run it.
RECEIVER = """
import json
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        for alert in body["alerts"]:
            print(json.dumps([alert["status"], alert["labels"]["alertname"], alert["labels"].get("app")]), flush=True)
        self.send_response(200)
        self.end_headers()
    def log_message(self, *arguments):
        pass
HTTPServer(("", 8080), Handler).serve_forever()
"""


def receiver() -> str:
    """Return the pod and the Service to which Alertmanager sends by default."""
    template = yaml.safe_load((ROOT / "k8s" / "deployment.yaml").read_text())["spec"]["template"]["spec"]
    labels = {"app.kubernetes.io/name": "mlserving-alerts"}
    container = template["containers"][0]
    container = {key: container[key] for key in ("image", "imagePullPolicy", "resources", "securityContext")}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "mlserving-alerts", "labels": labels},
        "spec": {
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 1,  # Python as the first process of a container ignores SIGTERM
            "securityContext": template["securityContext"],
            "containers": [{"name": "receiver", "command": ["python", "-c", RECEIVER], **container}],
        },
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "mlserving-alerts"},
        "spec": {"selector": labels, "ports": [{"port": 8080}]},
    }
    return yaml.safe_dump_all([pod, service])


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what `make monitoring` reads, with shorter times where a test waits for more than the first page."""
    copy = tmp_path_factory.mktemp("tree")
    for name in ("scripts", "k8s"):
        shutil.copytree(ROOT / name, copy / name)
    for name in ("Makefile", "requirements-dev.lock"):
        shutil.copy2(ROOT / name, copy)
    (copy / ".venv").symlink_to(ROOT / ".venv")
    for name, longer, shorter in (
        ("rules.yaml", "interval: 1m", "interval: 15s"),  # how often drift is computed
        ("alertmanager.yml", "group_interval: 1m", "group_interval: 10s"),  # how soon the end of an alert is sent
    ):
        file = copy / "k8s" / "monitoring" / name
        text = file.read_text()
        assert text.count(longer) == 1
        file.write_text(text.replace(longer, shorter))
    return copy


@pytest.fixture(scope="module")
def prometheus(deployed: Deployed, tree: Path) -> Iterator[Prometheus]:
    subprocess.run(["make", "monitoring"], cwd=tree, check=True)
    deployed.cluster.run("apply", "--filename", "-", stdin=receiver())
    cluster, port = deployed.cluster, free_port()
    command = [cluster.kubectl, "--context", cluster.context, "--namespace", cluster.namespace, "port-forward"]
    forward = subprocess.Popen(
        [*command, "service/mlserving-prometheus", f"{port}:9090"], stdout=subprocess.DEVNULL, env=cluster.environment
    )
    try:
        found = Prometheus(f"http://127.0.0.1:{port}")
        wait(found.answers, 60)
        yield found
    finally:
        forward.terminate()
        forward.wait()
        deployed.run("delete", "-k", str(ROOT / "k8s" / "monitoring"), "--ignore-not-found")
        cluster.run("delete", "--filename", "-", stdin=receiver())


def wait(condition: Callable[[], object], seconds: float) -> None:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, f"not within {seconds} s"
        time.sleep(1)


def received(deployed: Deployed) -> list[list[str]]:
    return [json.loads(line) for line in deployed.run("logs", "pod/mlserving-alerts").splitlines()]


def predict(deployed: Deployed) -> None:
    """Ask each model once, and one wrongly, within about a second."""
    deployed.http.post("/predict", json=MALIGNANT).raise_for_status()
    assert deployed.http.post("/predict", json={}).status_code == 400
    for model, picture in (("digits", "digit-3-1.png"), ("brain_mri", "scan-glioma-1.jpg")):
        content = (ROOT / "loadtest" / "pictures" / model / picture).read_bytes()
        headers = {"content-type": "image/png" if picture.endswith("png") else "image/jpeg"}
        deployed.http.post(f"/predict/{model}", content=content, headers=headers).raise_for_status()
    time.sleep(0.5)


def test_prometheus_finds_every_pod_and_no_other(deployed: Deployed, prometheus: Prometheus) -> None:
    pods = set(deployed.pods())
    wait(lambda: {sample["pod"] for sample, _ in prometheus.query(f'up{{app="{APP}"}} == 1')} == pods, 60)
    assert {sample["app"] for sample, _ in prometheus.query("up")} == {APP}


def test_every_query_of_rules_and_dashboards_has_an_answer(deployed: Deployed, prometheus: Prometheus) -> None:
    queries = {rule["record"]: rule["record"] for rule in ALL_RULES if "record" in rule}
    for board in DASHBOARDS.values():
        queries |= expressions(board)
    # A picture model has no features but its strangeness, and rows have no alarms: each query is for some model.
    models = ("breast_model", "digits")

    def empty() -> set[str]:
        predict(deployed)
        return {
            title
            for title, expression in queries.items()
            if not any(prometheus.query(with_variables(expression, app=APP, model=model)) for model in models)
        }

    # Nothing is missing, since no feature may be. Whether a pod is new depends on how long it has been there.
    expected = {"Missing values A"}
    began = time.monotonic()
    while (found := empty() - {"New model", "New pod"}) != expected and time.monotonic() - began < 180:
        pass  # each group of rules is computed in its own second
    assert found == expected
    for alert in (rule for rule in ALL_RULES if "alert" in rule):
        prometheus.query(alert["expr"])  # is valid


def test_a_report_says_what_the_pods_counted(prometheus: Prometheus) -> None:
    del prometheus  # it runs
    subprocess.run(["make", "load", "SHAPE=smoke"], cwd=ROOT, check=False)  # too short for the scaling objectives
    summary = json.loads((ROOT / "reports" / "latest" / "summary.json").read_text())
    assert summary["requests"]["sent"] > 100
    assert summary["prometheus"]["differs_percent"] <= 1
    assert summary["prometheus"]["errors"] == 0


def test_the_commands_for_other_clusters_are_accepted(deployed: Deployed) -> None:
    folder = str(ROOT / "k8s" / "monitoring")
    deployed.run("apply", "-k", f"{folder}/grafana", "--dry-run=server")
    printed = yaml.safe_load_all(deployed.run("kustomize", f"{folder}/operator"))
    kinds = sorted(manifest["kind"] for manifest in printed)
    assert kinds == ["ConfigMap", "PodMonitor", "PrometheusRule"], "an operator's cluster has the last two"


def test_an_outage_pages_within_two_minutes_and_nothing_else_does(deployed: Deployed, prometheus: Prometheus) -> None:
    assert received(deployed) == [], "so far there was no reason for any alert"
    deployed.run("scale", DEPLOYMENT, "--replicas", "0")
    wait(lambda: ["firing", "MlservingDown", APP] in received(deployed), 120)
    deployed.run("scale", DEPLOYMENT, "--replicas", "1")
    wait(lambda: ["resolved", "MlservingDown", APP] in received(deployed), 360)
    assert {name for _, name, _ in received(deployed)} == {"MlservingDown"}
    assert httpx.get(f"{deployed.cluster.host}/health").status_code == 200


def test_a_secret_takes_the_place_of_the_configuration(
    deployed: Deployed, prometheus: Prometheus, tmp_path: Path
) -> None:
    del prometheus  # Alertmanager runs as well
    own = tmp_path / "alertmanager.yml"
    own.write_text("{route: {receiver: mine}, receivers: [{name: mine}]}")
    deployed.run("create", "secret", "generic", "mlserving-alertmanager", f"--from-file={own}")
    try:
        deployed.run("rollout", "restart", "deployment/mlserving-alertmanager")
        deployed.run("rollout", "status", "deployment/mlserving-alertmanager", "--timeout", "120s")
        path = (
            f"/api/v1/namespaces/{deployed.cluster.namespace}/services/mlserving-alertmanager:9093/proxy/api/v2/status"
        )
        assert "receiver: mine" in json.loads(deployed.run("get", "--raw", path))["config"]["original"]
    finally:
        deployed.run("delete", "secret", "mlserving-alertmanager")
