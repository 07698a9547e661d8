"""k8s/tuned on a real cluster: README's command, and the load test of docs/planner.md, which undoes what it applies."""

import os
import re
import signal
import subprocess

import pytest

from tests.conftest import ROOT
from tests.e2e.conftest import DEPLOYMENT, Deployed, deploy
from tests.e2e.readme import commands_starting_with, started

pytestmark = pytest.mark.cluster

(LOAD,) = re.findall(r"^\$ (make load .* OVERLAY=tuned .*)$", (ROOT / "docs" / "planner.md").read_text(), re.MULTILINE)
TARGET = "jsonpath={.spec.minReplicas}-{.spec.metrics[0].resource.target.averageUtilization}"
SPREAD = "jsonpath={.spec.template.spec.topologySpreadConstraints[*].whenUnsatisfiable}"
CONFIG = "configmap/mlserving-configs"
TUNED = ("2-85", "ScheduleAnyway")


def state(deployed: Deployed) -> tuple[str, str]:
    target = deployed.run("get", "hpa/ml-serving-hpa", "--output", TARGET)
    return target, deployed.run("get", DEPLOYMENT, "--output", SPREAD)


def test_readmes_command_keeps_two_pods_and_k8s_takes_its_place_again(deployed: Deployed) -> None:
    deploy(deployed)
    before = state(deployed)
    (command,) = commands_starting_with("kubectl kustomize")
    (*render, folder), apply = (part.split()[1:] for part in command.split(" | "))
    try:
        deployed.cluster.run(*apply, stdin=deployed.run(*render, str(ROOT / folder)))
        assert state(deployed) == TUNED
        deployed.run("rollout", "status", DEPLOYMENT, "--timeout", "120s")
        deployed.run("wait", DEPLOYMENT, "--for", "jsonpath={.status.readyReplicas}=2", "--timeout", "120s")
        assert deployed.http.get("/info").status_code == 200
    finally:
        deploy(deployed)
    assert state(deployed) == before


def test_a_load_test_applies_its_overlay_and_restores_what_was_there_after_ctrl_c(deployed: Deployed) -> None:
    deploy(deployed)
    own = (ROOT / "k8s" / "hpa.yaml").read_text().replace("maxReplicas: 3", "maxReplicas: 2")
    deployed.cluster.run("apply", "-f", "-", stdin=own)
    deployed.run("patch", CONFIG, "--patch", '{"data": {"DOCS": "off"}}')
    before = state(deployed)
    environment = {**deployed.cluster.environment, "CONTEXT": deployed.cluster.context}
    with started(f"exec {LOAD}", environment, subprocess.PIPE) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if re.search(rb"\b0:1\d\b", line):  # ten seconds of load
                break
        meanwhile = state(deployed)
        os.killpg(process.pid, signal.SIGINT)
        process.stdout.read()
        assert process.wait(180) != 0
    assert meanwhile == TUNED
    assert state(deployed) == before
    assert deployed.run("get", "hpa/ml-serving-hpa", "--output", "jsonpath={.spec.maxReplicas}") == "2"
    assert deployed.run("get", CONFIG, "--output", "jsonpath={.data.DOCS}") == "off"
    deploy(deployed)
