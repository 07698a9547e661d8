"""README's Docker commands run as written, and the container answers README's predictions."""

import os
import signal
from collections.abc import Mapping

import pytest

from tests.e2e.readme import (
    COMMANDS,
    assert_prints_what_readme_shows,
    run,
    started,
    wait_until_it_answers,
)

pytestmark = pytest.mark.docker

BUILD, RUN = "docker build -t mlserving .", "docker run -p 8000:8000 mlserving"
ADDRESS_IN_README = "$(minikube ip):30001"
PREDICTIONS = [command for command in COMMANDS if command.startswith(f"curl http://{ADDRESS_IN_README}/predict")]


def test_docker_builds_and_serves_and_stops_cleanly(docker: Mapping[str, str]) -> None:
    assert {BUILD, RUN} <= set(COMMANDS)
    run(BUILD, docker)
    with started(RUN, docker) as process:
        try:
            wait_until_it_answers("http://127.0.0.1:8000/health", process)
            for command in PREDICTIONS:
                output = run(command.replace(ADDRESS_IN_README, "127.0.0.1:8000"), docker)
                assert_prints_what_readme_shows(command, output)
        finally:
            container = run("docker ps --quiet --filter ancestor=mlserving", docker).strip()
            run(f"docker stop {container}", docker)
        assert process.wait(20) == 0
    run(f"docker rm {container}", docker)


def test_ctrl_c_stops_the_container(docker: Mapping[str, str]) -> None:
    with started(RUN, docker) as process:
        wait_until_it_answers("http://127.0.0.1:8000/health", process)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(20) == 0
    run("docker rm $(docker ps --all --quiet --filter ancestor=mlserving)", docker)
