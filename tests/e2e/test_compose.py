"""The commands of docs/compose.md run as written, in a copy of the project: server, Prometheus and a store."""

import json
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.conftest import ROOT
from tests.e2e.docker_engine import is_running
from tests.e2e.readme import run
from tests.monitoring.files import ALL_RULES, go_program
from tests.monitoring.live import Prometheus
from tests.server import bundles

pytestmark = pytest.mark.docker

DOCUMENT = (ROOT / "docs" / "compose.md").read_text()
START, STORE, STOP = re.findall(r"```console\n(.*?)```", DOCUMENT, re.DOTALL)
SERVICES = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
WITHOUT_GRAFANA = {"services": {"mlserving-grafana": {"profiles": ["left-out"]}}}
PROJECT = "mlserving-compose-test"  # the name of the folder names containers, network and volumes
SERVER = "http://127.0.0.1:9696"
IMAGE = """
FROM scratch
COPY program /bin/program
COPY --chown=65534:65534 data /prometheus
ENTRYPOINT ["/bin/program"]
"""


def commands(block: str) -> list[str]:
    return re.findall(r"^\$ (.+)$", block, re.MULTILINE)


def wait(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.5)


def digest() -> str | None:
    """Return the digest of the model that is served, if the server is ready."""
    try:
        answer = httpx.get(f"{SERVER}/info")
    except httpx.TransportError:
        return None
    return str(answer.json()["digest"])


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the commands read."""
    copy = tmp_path_factory.mktemp("tree") / PROJECT
    for name in ("model", "server", "k8s"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (ROOT / "compose.yaml", ROOT / "Dockerfile", ROOT / ".dockerignore", *ROOT.glob("*.lock")):
        shutil.copy(path, copy)
    (copy / ".venv").symlink_to(Path(sys.executable).parents[1])
    return copy


@pytest.fixture(scope="module")
def shell(docker: Mapping[str, str], project: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """A reader's environment. A temporary Docker engine gets images made of the Go programs, except for Grafana's."""
    if is_running(os.environ):
        return docker
    for service, name in (("mlserving-prometheus", "prometheus"), ("mlserving-store", "versitygw")):
        context = tmp_path_factory.mktemp(name)
        (context / "data").mkdir()
        (context / "Dockerfile").write_text(IMAGE)
        shutil.copy(go_program(name), context / "program")
        run(f"docker build -t {SERVICES[service]['image']} {context}", docker)
    (project / "without_grafana.yaml").write_text(json.dumps(WITHOUT_GRAFANA))
    return {**docker, "COMPOSE_FILE": "compose.yaml:without_grafana.yaml"}


@pytest.fixture(scope="module")
def started(shell: Mapping[str, str], project: Path) -> Iterator[Mapping[str, str]]:
    """What the first commands start. Whatever is started later is stopped as well."""
    up, _ = commands(START)
    run(up, shell, project)
    try:
        wait(digest)
        yield shell
    finally:
        for command in commands(STOP):
            run(command, shell, project)
        left = ("docker ps --all --quiet", "docker network ls --quiet", "docker volume ls --quiet")
        assert [run(f"{command} --filter name={PROJECT}", shell) for command in left] == ["", "", ""]


def test_the_server_answers_as_the_document_shows(started: Mapping[str, str], project: Path) -> None:
    _, ask = commands(START)
    assert run(ask, started, project) == START.splitlines()[-1]


def test_prometheus_sees_the_server_and_has_the_rules(started: Mapping[str, str]) -> None:
    prometheus = Prometheus("http://127.0.0.1:9090")
    wait(lambda: prometheus.answers() and prometheus.query('up{job="mlserving", app="media-cost"} == 1'))
    groups = httpx.get(f"{prometheus.url}/api/v1/rules").json()["data"]["groups"]
    assert sorted(rule["name"] for group in groups for rule in group["rules"]) == sorted(
        rule.get("alert") or rule["record"] for rule in ALL_RULES
    )
    wait(lambda: prometheus.query('mlserving:predictions:increase{app="media-cost"}'))


def state(container: str, environment: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(f"docker inspect {container}", environment))[0]["State"]
    return found


def test_the_server_is_healthy_and_has_no_privileges(started: Mapping[str, str], project: Path) -> None:
    container = run("docker compose ps -q media-cost", started, project).strip()
    wait(lambda: state(container, started)["Health"]["Status"] == "healthy")
    status = run(f"docker exec {container} cat /proc/self/status", started)
    assert re.search(r"^CapBnd:\s+0+$", status, re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\s+1$", status, re.MULTILINE)
    assert "Read-only" in run(f"docker exec {container} sh -c 'touch /app/file 2>&1 || true'", started)


def test_the_store_does_not_start_without_keys(started: Mapping[str, str], project: Path) -> None:
    output = run("docker compose run --rm mlserving-store 2>&1 || true", started, project)
    assert "root user access and secret key must be provided" in output


def test_a_bundle_that_was_pushed_is_served_from_the_store(started: Mapping[str, str], project: Path) -> None:
    bundle = project / "model" / "bundles" / "media_cost"
    shutil.rmtree(bundle)
    pushed = bundles.price(bundle).digest
    assert digest() != pushed
    for command in commands(STORE):
        run(command, started, project)
    assert (project / ".env").stat().st_mode & 0o77 == 0
    wait(lambda: digest() == pushed)


def test_the_server_stops_cleanly(started: Mapping[str, str], project: Path) -> None:
    container = run("docker compose ps -q media-cost", started, project).strip()
    run("docker compose stop media-cost", started, project)
    assert state(container, started)["ExitCode"] == 0
