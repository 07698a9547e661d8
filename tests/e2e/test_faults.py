"""The command of docs/faults.md on a real cluster, until its first fault, and that Ctrl-C undoes what lasts."""

import json
import os
import re
import signal
import subprocess

import pytest

from tests.conftest import ROOT
from tests.e2e.conftest import DEPLOYMENT, Deployed, deploy
from tests.e2e.readme import started

pytestmark = pytest.mark.cluster

(COMMAND,) = re.findall(r"^\$ (make load .*)$", (ROOT / "docs" / "faults.md").read_text(), re.MULTILINE)
PATH = "jsonpath={.spec.template.spec.containers[0].env[?(@.name=='MODEL_PATH')].value}"


def test_faults_are_reported_and_undone_after_ctrl_c(deployed: Deployed) -> None:
    deploy(deployed)
    environment = {**deployed.cluster.environment, "CONTEXT": deployed.cluster.context}
    command = f"exec {COMMAND} OPTIONS='--fault broken-model@20'"  # one that lasts, early
    with started(command, environment, subprocess.PIPE) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if re.search(rb"\b0:2[3-9]\b", line):
                break
        meanwhile = deployed.run("get", DEPLOYMENT, "--output", PATH)
        os.killpg(process.pid, signal.SIGINT)
        rest = process.stdout.read().decode()
        assert process.wait(180) != 0
    assert meanwhile.startswith("/no-such-model,")
    assert deployed.run("get", DEPLOYMENT, "--output", PATH) == ""
    summary = json.loads((ROOT / "reports" / "latest" / "summary.json").read_text())
    (fault,) = summary["faults"]
    assert (fault["kind"], fault["error"], fault["lost"], fault["failed"]) == ("broken-model", None, 0, 0), rest
    assert fault["ended_s"] - fault["t_s"] < 28, "it was undone early"
