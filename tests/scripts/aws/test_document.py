"""The commands of docs/aws.md run: those for AWS as a dry run, on a machine without AWS's CLI and without Docker."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.scripts.aws.templates import AWS, read
from tests.scripts.aws.test_templates import MUTATIONS
from tests.scripts.conftest import Sandbox

DOCUMENT = (ROOT / "docs" / "aws.md").read_text()
COMMANDS: list[str] = re.findall(r"^\$ (.+)$", DOCUMENT, re.MULTILINE)
# Who runs the others as they are, or in a shorter form.
REPLAY = ".venv/bin/python -m tests.scripts.aws.replay --stops 20 --requests 20000 --drain"
PLAN = ".venv/bin/python -m loadtest plan size --rate 1 --p99 250ms --capacity docs/capacity.json"
ELSEWHERE = {
    "docker build -t mlserving .": "tests/e2e/test_docker.py",
    PLAN: "tests/scripts/aws/test_document.py",
    ".venv/bin/python -m loadtest digits -n 500 --concurrency 5 --host http://ADDRESS": "tests/e2e/test_readme.py",
    ".venv/bin/python -m loadtest --shape soak --hours 24 --no-cluster --host http://ADDRESS": (
        "tests/loadtest/test_experiment.py"
    ),
    f"{REPLAY} 20": "tests/scripts/aws/test_replay.py",
    f"{REPLAY} 0": "tests/scripts/aws/test_replay.py",
}
FOR_AWS = [command for command in dict.fromkeys(COMMANDS) if command.startswith("scripts/aws/")]


def test_every_command_runs_here_or_elsewhere() -> None:
    assert set(COMMANDS) == {*FOR_AWS, *ELSEWHERE}
    assert {command.split()[0].rpartition("/")[2] for command in FOR_AWS} == {
        "push",
        "deploy",
        "beanstalk",
        "logs",
        "teardown",
    }
    assert [name for name in ELSEWHERE.values() if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("command", FOR_AWS)
def test_command_runs_dry(sandbox: Sandbox, command: str) -> None:
    name, *words = shlex.split(command)
    done = sandbox.script(name.removeprefix("scripts/"), *words, "--dry-run")
    assert done.returncode == 0, done.stderr


def test_replay_takes_the_documented_options() -> None:
    command = [sys.executable, "-m", "tests.scripts.aws.replay", "--help"]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    documented = re.findall(r"--\w+", REPLAY)
    assert [option for option in documented if option not in shown] == []


def test_the_number_of_mistakes_is_the_documented_one() -> None:
    assert f"- {len(MUTATIONS)} mistakes" in DOCUMENT


def test_the_scaling_target_is_the_documented_one() -> None:
    default = read(AWS / "service.yaml")["Parameters"]["RequestsPerTask"]["Default"]
    assert f"Another task starts at {default:,} requests a minute per task" in DOCUMENT


def test_the_planner_prints_the_documented_rate(tmp_path: Path) -> None:
    words = [*shlex.split(PLAN)[1:], "--output", str(tmp_path / "hpa.yaml")]
    printed = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    rate = re.search(r"^Per pod +(\d+)", printed, re.MULTILINE)
    assert rate
    assert f"Its line `Per pod` says {rate[1]} requests/s" in DOCUMENT


def test_parameters_that_the_document_names_exist() -> None:
    templates = "".join((ROOT / "scripts" / "aws" / f"{name}.yaml").read_text() for name in ("service", "alarms"))
    table = DOCUMENT.partition("| parameter | effect |")[2].partition("\n\n")[0]
    for name in re.findall(r"`([A-Z][A-Za-z]+)[=`]", table):
        assert re.search(rf"^  {name}:", templates, re.MULTILINE), name
