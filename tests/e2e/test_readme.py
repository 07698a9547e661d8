"""Every command in README.md runs as written. A new command that no test runs fails here."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from tests.conftest import ROOT
from tests.docs import test_own_model
from tests.e2e.conftest import DEPLOYMENT, Deployed
from tests.e2e.readme import (
    COMMANDS,
    KSERVE_COMMANDS,
    assert_prints_what_readme_shows,
    commands_starting_with,
    run,
    started,
    wait_until_it_answers,
)
from tests.served import free_port

pytestmark = pytest.mark.cluster

PLANNER = commands_starting_with(".venv/bin/python -m loadtest plan")
RUN_IN_OTHER_TESTS = {
    "make demo": "tests/e2e/test_life.py runs it",
    "make test": "it runs this test",
    "make monitoring": "tests/e2e/test_monitoring.py runs it",
    "make logs": "tests/e2e/test_logs.py runs it",
    "make logs FILE=/tmp/pods.log": "tests/e2e/test_logs.py runs it",
    "kubectl delete -f k8s": "tests/e2e/test_removal.py runs it",
    "docker build -t mlserving .": "tests/e2e/test_docker.py runs it",
    "docker run -p 8000:8000 mlserving": "tests/e2e/test_docker.py runs it",
    **dict.fromkeys(commands_starting_with("kubectl kustomize"), "tests/e2e/test_tuned.py runs it"),
    **dict.fromkeys(test_own_model.COMMANDS, "tests/docs/test_own_model.py runs it"),
    **dict.fromkeys(PLANNER, "tests/docs/test_planner.py or tests/e2e/test_planner.py runs it"),
    **dict.fromkeys(KSERVE_COMMANDS, "tests/e2e/test_kserve.py runs it"),
}
BUNDLE = ".venv/bin/python -m model bundle my_pipeline"
OWN_MODEL = (BUNDLE, "make image BUNDLE", "kubectl patch", "kubectl rollout restart")
RUN_SEPARATELY = (".venv/bin/locust", "make load", "MODEL_NAME=")
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
    """A reader's environment: kubectl uses the cluster, and `minikube ip` prints its address."""
    tools = tmp_path_factory.mktemp("bin")
    cluster = deployed.cluster
    address = httpx.URL(cluster.host).host
    options = f"--context {shlex.quote(cluster.context)} --namespace {shlex.quote(cluster.namespace)}"
    for name, line in {
        "kubectl": f'exec {shlex.quote(cluster.kubectl)} {options} "$@"',
        "minikube": f'[ "$*" = ip ] && echo {address}',
    }.items():
        (tools / name).write_text(f"#!/bin/sh\n{line}\n")
        (tools / name).chmod(0o755)
    path = f"{tools}:{os.environ['PATH']}"
    return {**cluster.environment, "PATH": path, "PORT": str(free_port()), "CONTEXT": cluster.context}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this repository with a reader's pipeline and rows in it."""
    copy = tmp_path_factory.mktemp("tree") / "mlserving"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", ".*_cache", "__pycache__", "reports"))
    (copy / ".venv").symlink_to(ROOT / ".venv")
    subprocess.run([sys.executable, "-c", FIT], cwd=copy, check=True)
    return copy


OTHERS = [
    command
    for command in COMMANDS
    if command not in {*RUN_IN_OTHER_TESTS, *commands_starting_with(*OWN_MODEL, *RUN_SEPARATELY)}
]


def test_every_exception_is_still_in_readme() -> None:
    assert RUN_IN_OTHER_TESTS.keys() <= set(COMMANDS)
    for beginning in (*OWN_MODEL, *RUN_SEPARATELY):
        assert len(commands_starting_with(beginning)) == 1, beginning


def test_an_interrupted_experiment_still_writes_a_report(shell: Mapping[str, str]) -> None:
    (command,) = commands_starting_with("make load")
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


@pytest.mark.parametrize("command", OTHERS)
def test_command_succeeds_and_prints_what_readme_shows(shell: Mapping[str, str], command: str) -> None:
    assert_prints_what_readme_shows(command, run(command, shell))


def test_a_users_model_is_served_locally_and_then_on_the_cluster(
    shell: Mapping[str, str], tree: Path, deployed: Deployed
) -> None:
    bundle, image, patch, restart = (commands_starting_with(beginning)[0] for beginning in OWN_MODEL)
    run(bundle, shell, tree)
    (serve,) = commands_starting_with("MODEL_NAME=")
    with started(serve, shell, cwd=tree) as process:
        url = f"http://127.0.0.1:{shell['PORT']}"
        assert predict_example(wait_until_it_answers(f"{url}/info", process), url) == "my_model"
        os.killpg(process.pid, signal.SIGINT)
        process.wait(20)
    try:
        for command in (image, patch, restart):
            run(command, shell, tree)
        deployed.run("rollout", "status", DEPLOYMENT, "--timeout", "120s")
        wait_for_model("my_model", deployed)
        assert predict_example(deployed.http.get("/info"), deployed.cluster.host) == "my_model"
    finally:
        for command in ("make image", "kubectl apply -f k8s", restart):
            run(command, shell)
        deployed.run("rollout", "status", DEPLOYMENT, "--timeout", "120s")
    wait_for_model("breast_model", deployed)


def test_locust_shows_its_web_page(shell: Mapping[str, str]) -> None:
    (command,) = commands_starting_with(".venv/bin/locust")
    port = free_port()
    with started(f"{command} --web-port {port}", shell) as process:
        page = wait_until_it_answers(f"http://127.0.0.1:{port}/", process)
        assert "Locust" in page.text
        # An idle Locust misses a signal that arrives just before its loop sleeps, until something wakes it.
        time.sleep(1)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(20) == 0


def predict_example(info: httpx.Response, url: str) -> str:
    """Predict the model's own example and return the model's name."""
    assert httpx.post(f"{url}/predict", json=info.json()["example"]).status_code == httpx.codes.OK
    name: str = info.json()["model"]
    return name


def wait_for_model(name: str, deployed: Deployed) -> None:
    """Wait until every pod that answers has this model. A pod that is stopping still answers for some seconds."""
    for _ in range(60):
        answers = {httpx.get(f"{deployed.cluster.host}/info").json()["model"] for _ in range(10)}
        if answers == {name}:
            return
        time.sleep(1)
    raise AssertionError(f"{answers} still answer, not only {name}")
