"""The media-cost deployment, with the image of `make demo`, in a namespace that admits only "restricted" pods."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import ROOT
from tests.e2e.conftest import Deployed, hold
from tests.e2e.readme import run

pytestmark = pytest.mark.cluster

FOLDER = str(ROOT / "k8s" / "media-cost")
DEPLOYMENT = "deployment/media-cost-deployment"
LABEL = "app.kubernetes.io/name=media-cost"
TASK = json.loads((ROOT / "model" / "bundles" / "media_cost" / "task.json").read_text())


@pytest.fixture(scope="module")
def host(deployed: Deployed) -> Iterator[str]:
    """Deploy it, and yield the address of its NodePort."""
    deployed.run("apply", "--dry-run=server", "--filename", FOLDER)
    deployed.run("apply", "--filename", FOLDER)
    try:
        deployed.run("rollout", "status", DEPLOYMENT, "--timeout", "120s")
        yield str(httpx.URL(deployed.cluster.host).copy_with(port=30002))
    finally:
        deployed.run("delete", "--filename", FOLDER)
        # A Prometheus of a later test must not see them: it would page that none is left.
        deployed.run("wait", "pods", "--selector", LABEL, "--for", "delete", "--timeout", "120s")


def test_the_nodeport_answers_the_cost(host: str) -> None:
    with httpx.Client(transport=httpx.HTTPTransport(retries=5)) as http:
        assert http.post(f"{host}/predict", json=TASK["example"]).json() == {"cost": 105.41}
        refused = http.post(f"{host}/predict", json=TASK["example"] | {"store_sqft": "big"})
    assert (refused.status_code, refused.json()["reason"]) == (400, "value_type")


def test_the_command_of_the_former_system_prints_each_answer(host: str) -> None:
    command = [sys.executable, "-m", "loadtest", "cost", "-n", "5", "--host", host]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    documented = (ROOT / "docs" / "media_cost.md").read_text()
    assert done.stdout.count("\n") == 5
    assert done.stdout in documented


def test_its_metrics_are_on_port_8000_inside_the_cluster(deployed: Deployed, host: str) -> None:
    assert httpx.get(f"{host}/metrics").status_code == 404
    program = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8000/metrics').read().decode())"
    text = deployed.run("exec", DEPLOYMENT, "--", "python", "-c", program)
    counted = dict(re.findall(r"^(request_count_total|request_processing_seconds_count) (\S+)$", text, re.MULTILINE))
    assert float(counted["request_count_total"]) == float(counted["request_processing_seconds_count"]) >= 7


def test_a_load_is_reported_with_the_pods_of_its_own_autoscaler(deployed: Deployed, host: str, tmp_path: Path) -> None:
    about = ("--context", deployed.cluster.context, "--namespace", deployed.cluster.namespace)
    what = ("--shape", "smoke", "--models", "media_cost", "--host", host, "--hpa", "media-cost-hpa")
    command = [sys.executable, "-m", "loadtest", *what, *about, "--output", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, env=deployed.cluster.environment, check=False)
    summary = json.loads((tmp_path / "latest" / "summary.json").read_text())
    assert summary["repeat"]["cluster"]["deployment"] == "media-cost-deployment"
    assert summary["requests"]["sent"] > summary["requests"]["failed"] + summary["requests"]["lost"] == 0
    assert {pod["name"].partition("-deployment")[0] for pod in summary["pods"]} == {"media-cost"}


def test_pods_of_the_cluster_load_it(deployed: Deployed, host: str) -> None:
    hold(deployed, 1, "media-cost")  # the autoscaler keeps the pods of the last load for a minute
    deployed.run("apply", "--filename", FOLDER)
    (command,) = re.findall(r"^\$ (make load .* HOST=.*)$", (ROOT / "docs" / "report.md").read_text(), re.MULTILINE)
    command = command.replace("SHAPE=demo", "SHAPE=smoke").replace("LOCUST_PODS=4", "LOCUST_PODS=1")
    environment = {**deployed.cluster.environment, "CONTEXT": deployed.cluster.context}
    output = run(f"{command} || true", environment)  # a busy machine may miss the latency
    (report,) = re.findall(r"^The report is here: (\S+)$", output, re.MULTILINE)
    summary = json.loads((ROOT / report).with_name("summary.json").read_text())
    assert summary["repeat"]["host"] == "http://media-cost-service:9696"
    assert summary["repeat"]["cluster"]["deployment"] == "media-cost-deployment"
    assert summary["requests"]["sent"] == summary["requests"]["right"] > 0
