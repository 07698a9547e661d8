"""Every command in README.md runs as it stands; a new one that nothing runs fails here."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.conftest import ROOT
from tests.e2e.conftest import Deployed
from tests.served import free_port

pytestmark = pytest.mark.cluster

LINES = [
    line
    for block in re.findall(r"```console\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    for line in block.splitlines()
]
COMMANDS = [line[2:] for line in LINES if line.startswith("$ ")]
RUN_ELSEWHERE = {
    "make demo": "tests/e2e/test_life.py runs it",
    "make test": "it runs this test",
    "kubectl delete -f k8s": "tests/e2e/test_removal.py runs it",
    "docker build -t mlserving .": "needs a Docker engine; `make image` builds the same Dockerfile",
    "docker run -p 8000:8000 mlserving": "needs a Docker engine; the same image runs in the pods",
}
FINISHES = ("make image", "kubectl apply", "kubectl rollout", "kubectl get", "curl")
FIT = """
import joblib
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
data, species = load_iris(as_frame=True, return_X_y=True)
joblib.dump(LogisticRegression(max_iter=1000).fit(data, species), "my_pipeline.joblib")
data.assign(species=species).to_csv("rows.csv", index=False)
"""


@pytest.fixture(scope="module")
def shell(deployed: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """A reader's environment: kubectl speaks to the cluster, and `minikube ip` is its address."""
    tools = tmp_path_factory.mktemp("bin")
    cluster = deployed.cluster
    address = httpx.URL(cluster.host).host
    for name, line in {
        "kubectl": f'exec {shlex.quote(cluster.kubectl)} --context {shlex.quote(cluster.context)} "$@"',
        "minikube": f'[ "$*" = ip ] && echo {address}',
    }.items():
        (tools / name).write_text(f"#!/bin/sh\n{line}\n")
        (tools / name).chmod(0o755)
    path = f"{ROOT / '.venv' / 'bin'}:{tools}:{os.environ['PATH']}"
    return {**cluster.environment, "PATH": path, "PORT": str(free_port()), "CONTEXT": cluster.context}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this tree with a reader's pipeline and rows in it."""
    copy = tmp_path_factory.mktemp("tree") / "mlserving"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", ".*_cache", "__pycache__", "reports"))
    (copy / ".venv").symlink_to(ROOT / ".venv")
    subprocess.run([sys.executable, "-c", FIT], cwd=copy, check=True)
    return copy


def test_each_command_is_run_by_a_test() -> None:
    run_here = [
        command
        for command in COMMANDS
        if command.startswith((*FINISHES, "locust", "make load", "python -m model bundle", "MODEL_NAME="))
    ]
    assert sorted(COMMANDS) == sorted([*run_here, *RUN_ELSEWHERE])


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith(FINISHES)])
def test_it_does_what_it_says(shell: Mapping[str, str], command: str) -> None:
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, env=shell, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    printed = LINES[LINES.index(f"$ {command}") + 1 :][:1]
    if printed and not printed[0].startswith("$ "):
        assert done.stdout.strip() == printed[0]


def test_the_bundle_of_ones_own_pipeline_is_served(shell: Mapping[str, str], tree: Path) -> None:
    bundle = next(command for command in COMMANDS if command.startswith("python -m model bundle"))
    subprocess.run(["bash", "-c", bundle], cwd=tree, env=shell, check=True)
    serve = next(command for command in COMMANDS if command.startswith("MODEL_NAME="))
    with started(serve, shell, cwd=tree) as process:
        url = f"http://127.0.0.1:{shell['PORT']}"
        info = answered(f"{url}/info", process).json()
        assert info["model"] == "my_model"
        assert httpx.post(f"{url}/predict", json=info["example"]).status_code == httpx.codes.OK
        os.killpg(process.pid, signal.SIGINT)
        process.wait(20)


def test_locust_shows_its_web_page(shell: Mapping[str, str]) -> None:
    command = next(command for command in COMMANDS if command.startswith("locust"))
    port = free_port()
    with started(f"{command} --web-port {port}", shell) as process:
        page = answered(f"http://127.0.0.1:{port}/", process)
        assert "Locust" in page.text
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(20) == 0


def test_an_experiment_that_is_interrupted_still_reports(shell: Mapping[str, str]) -> None:
    command = next(command for command in COMMANDS if command.startswith("make load"))
    before = (ROOT / "reports" / "latest").resolve()
    with started(command, shell, subprocess.PIPE) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if re.search(rb"\b0:1\d\b", line):  # ten seconds of load
                break
        os.killpg(process.pid, signal.SIGINT)
        process.stdout.read()
        assert process.wait(60) != 0
    after = (ROOT / "reports" / "latest").resolve()
    assert after != before
    assert "nterrupted" in (after / "report.html").read_text()


def answered(url: str, process: "subprocess.Popen[bytes]") -> httpx.Response:
    """The first answer of a server that is starting."""
    for _ in range(300):
        assert process.poll() is None, "it ended before it answered"
        try:
            return httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"{url} did not answer within 30 s")


@contextmanager
def started(
    command: str, environment: Mapping[str, str], stdout: int | None = None, cwd: Path = ROOT
) -> Iterator["subprocess.Popen[bytes]"]:
    """In a process group of its own, as in a terminal: Ctrl-C reaches all of it. Nothing of it outlives the test."""
    process = subprocess.Popen(["bash", "-c", command], cwd=cwd, env=environment, stdout=stdout, start_new_session=True)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
