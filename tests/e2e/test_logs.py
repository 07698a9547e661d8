"""`make logs` prints the last lines of every pod, or writes all lines to a file."""

import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.e2e.conftest import Deployed, without_pods

pytestmark = pytest.mark.cluster

REQUESTS = 150


def make_logs(*words: str) -> str:
    return subprocess.run(
        ["make", "--silent", "logs", *words], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout


def test_each_line_names_its_pod_and_a_file_has_all_of_them(deployed: Deployed, tmp_path: Path) -> None:
    for number in range(REQUESTS):
        deployed.http.get("/nothing", headers={"x-request-id": f"logged-{number}"})
    pod, *others = deployed.pods()
    assert not others
    file = tmp_path / "pods.log"
    printed = make_logs().splitlines()
    assert make_logs(f"FILE={file}") == ""
    assert len(printed) == 100
    assert all(line.startswith(f"[pod/{pod}/") for line in printed)
    assert f'"logged-{REQUESTS - 1}"' in "".join(printed)
    assert '"logged-0"' not in "".join(printed)
    assert '"logged-0"' in file.read_text()


def test_without_a_pod_it_says_how_to_deploy(deployed: Deployed) -> None:
    with without_pods(deployed):
        done = subprocess.run(["scripts/logs"], cwd=ROOT, check=False, capture_output=True, text=True)
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1].endswith("Deploy with: make demo")
