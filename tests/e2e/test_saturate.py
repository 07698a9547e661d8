"""The command of docs/autoscaling.md on a real cluster, until the objective breaks, and that it undoes what it did."""

import os
import re
import signal
import subprocess

import pytest

from tests.conftest import ROOT
from tests.e2e.conftest import DEPLOYMENT, Deployed, deploy

pytestmark = pytest.mark.cluster

COMMANDS: list[str] = re.findall(
    r"^\$ (make load SHAPE=saturate.*)$", (ROOT / "docs" / "autoscaling.md").read_text(), re.MULTILINE
)
LIMIT = "jsonpath={.spec.template.spec.containers[0].resources.limits.cpu}"
MOST = "jsonpath={.spec.maxReplicas}"
BROKEN = re.compile(r"\b0:(3[5-9]|[45]\d)\b")  # the load rises at 0:30


def limits(deployed: Deployed) -> tuple[str, str]:
    limit = deployed.run("get", DEPLOYMENT, "--output", LIMIT)
    return limit, deployed.run("get", "hpa/ml-serving-hpa", "--output", MOST)


@pytest.mark.parametrize(("command", "most"), list(zip(COMMANDS, ("5", "1"), strict=True)))
def test_one_small_pod_breaks_the_objective_and_is_restored_after_ctrl_c(
    deployed: Deployed, command: str, most: str
) -> None:
    deploy(deployed)
    before = limits(deployed)
    cluster = deployed.cluster
    environment = {**cluster.environment, "CONTEXT": cluster.context}
    process = subprocess.Popen(
        ["bash", "-c", f"exec {command}"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if BROKEN.match(line):
                break
        meanwhile = limits(deployed)
    finally:
        os.killpg(process.pid, signal.SIGINT)
        rest = process.communicate(timeout=180)[0]
    assert process.returncode != 0
    assert meanwhile == ("200m", most)
    assert limits(deployed) == before, rest
    assert re.search(r"^reports/\S+/report\.html$", rest, re.MULTILINE), rest
