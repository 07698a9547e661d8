"""Every command in README.md runs as it stands; a new one that nothing runs fails here."""

import json
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
from tests.e2e.conftest import DEPLOYMENT, Deployed
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
OWN_MODEL = (".venv/bin/python -m model bundle", "make image BUNDLE", "kubectl patch", "kubectl rollout restart")
RUN_ALONE = (".venv/bin/locust", "make load", "MODEL_NAME=")
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
    taken = f"--context {shlex.quote(cluster.context)} --namespace {shlex.quote(cluster.namespace)}"
    for name, line in {
        "kubectl": f'exec {shlex.quote(cluster.kubectl)} {taken} "$@"',
        "minikube": f'[ "$*" = ip ] && echo {address}',
    }.items():
        (tools / name).write_text(f"#!/bin/sh\n{line}\n")
        (tools / name).chmod(0o755)
    path = f"{tools}:{os.environ['PATH']}"
    return {**cluster.environment, "PATH": path, "PORT": str(free_port()), "CONTEXT": cluster.context}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this tree with a reader's pipeline and rows in it."""
    copy = tmp_path_factory.mktemp("tree") / "mlserving"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", ".*_cache", "__pycache__", "reports"))
    (copy / ".venv").symlink_to(ROOT / ".venv")
    subprocess.run([sys.executable, "-c", FIT], cwd=copy, check=True)
    return copy


def starting(*beginnings: str) -> list[str]:
    return [command for command in COMMANDS if command.startswith(beginnings)]


OTHERS = [command for command in COMMANDS if command not in {*RUN_ELSEWHERE, *starting(*OWN_MODEL, *RUN_ALONE)}]


def test_what_is_run_elsewhere_and_alone_is_still_in_the_readme() -> None:
    assert RUN_ELSEWHERE.keys() <= set(COMMANDS)
    for beginning in (*OWN_MODEL, *RUN_ALONE):
        assert len(starting(beginning)) == 1, beginning


@pytest.mark.parametrize("command", OTHERS)
def test_it_does_what_it_says(shell: Mapping[str, str], command: str) -> None:
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, env=shell, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    printed = LINES[LINES.index(f"$ {command}") + 1 :][:1]
    if printed and not printed[0].startswith("$ "):
        answer, promised = json.loads(done.stdout), json.loads(printed[0])
        assert answer == pytest.approx(promised, abs=1e-5)


def test_ones_own_model_is_served_here_and_then_on_the_cluster(
    shell: Mapping[str, str], tree: Path, deployed: Deployed
) -> None:
    bundle, image, patch, restart = (starting(beginning)[0] for beginning in OWN_MODEL)
    run(bundle, shell, tree)
    (serve,) = starting("MODEL_NAME=")
    with started(serve, shell, cwd=tree) as process:
        url = f"http://127.0.0.1:{shell['PORT']}"
        assert predicts_its_example(answered(f"{url}/info", process), url) == "my_model"
        os.killpg(process.pid, signal.SIGINT)
        process.wait(20)
    try:
        for command in (image, patch, restart):
            run(command, shell, tree)
        deployed.run("rollout", "status", DEPLOYMENT, "--timeout", "120s")
        wait_for_model("my_model", deployed)
        assert predicts_its_example(deployed.http.get("/info"), deployed.cluster.host) == "my_model"
    finally:
        for command in ("make image", "kubectl apply -f k8s", restart):
            run(command, shell)
        deployed.run("rollout", "status", DEPLOYMENT, "--timeout", "120s")
    wait_for_model("breast_model", deployed)


def test_locust_shows_its_web_page(shell: Mapping[str, str]) -> None:
    (command,) = starting(".venv/bin/locust")
    port = free_port()
    with started(f"{command} --web-port {port}", shell) as process:
        page = answered(f"http://127.0.0.1:{port}/", process)
        assert "Locust" in page.text
        # An idle Locust does not see a signal that comes just before its loop falls asleep, until something wakes it.
        time.sleep(1)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(20) == 0


def test_an_experiment_that_is_interrupted_still_reports(shell: Mapping[str, str]) -> None:
    (command,) = starting("make load")
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


def run(command: str, environment: Mapping[str, str], cwd: Path = ROOT) -> None:
    done = subprocess.run(
        ["bash", "-c", command], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (command, done.stderr)


def predicts_its_example(info: httpx.Response, url: str) -> str:
    """The model's name, after it has answered its own example."""
    assert httpx.post(f"{url}/predict", json=info.json()["example"]).status_code == httpx.codes.OK
    name: str = info.json()["model"]
    return name


def wait_for_model(name: str, deployed: Deployed) -> None:
    """Until only pods with this model answer: a pod that stops still answers for some seconds."""
    for _ in range(60):
        answers = {httpx.get(f"{deployed.cluster.host}/info").json()["model"] for _ in range(10)}
        if answers == {name}:
            return
        time.sleep(1)
    raise AssertionError(f"{answers} still answer, not {name} alone")


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
    process = subprocess.Popen(
        ["bash", "-c", command],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
