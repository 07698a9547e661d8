"""The make targets are few and listed, and their scripts exist."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-loadtest.lock", "requirements-uv.lock")
TARGETS = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[1].split()  # type: ignore[index]


def make(*words: str, cwd: Path = ROOT) -> str:
    return subprocess.run(["make", *words], cwd=cwd, capture_output=True, text=True, check=True).stdout


def test_there_are_at_most_fourteen_targets() -> None:
    assert len(TARGETS) <= 14


def test_help_describes_every_target() -> None:
    lines = dict(re.findall(r"^make (\w+) +(\S.*)$", make(), re.MULTILINE))
    assert list(lines) == TARGETS


@pytest.mark.parametrize("target", TARGETS)
def test_every_script_of_a_target_exists(target: str) -> None:
    for script in re.findall(r"^(scripts/\S+)", make("--dry-run", "--always-make", target), re.MULTILINE):
        assert (ROOT / script).stat().st_mode & 0o111


def test_another_system_than_linux_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    (tmp_path / "uname").write_text("#!/bin/sh\necho Darwin\n")
    (tmp_path / "uname").chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    for target, status in (("test", 2), ("check", 0)):
        command = ["make", "--dry-run", target]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == status, done.stderr
        assert ("make test requires Linux" in done.stderr) is (target == "test")
        assert bool(done.stdout) is (target == "check")


def test_the_file_of_the_logs_may_have_a_blank_in_its_name() -> None:
    assert make("--dry-run", "--old-file=.venv/installed", "logs", "FILE=my pods.log") == 'scripts/logs "my pods.log"\n'
    assert make("--dry-run", "--old-file=.venv/installed", "logs").strip() == "scripts/logs"


@pytest.mark.network
def test_the_lock_files_are_up_to_date(tmp_path: Path) -> None:
    for name in ("pyproject.toml", *LOCKS):
        shutil.copy2(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    subprocess.run([tmp_path / "scripts" / "lock"], check=True)
    for name in LOCKS:
        assert (tmp_path / name).read_text() == (ROOT / name).read_text()


@pytest.fixture
def ci(tmp_path: Path) -> Path:
    """A checkout of `.ci/run` whose make and pytest record how they are called."""
    record = tmp_path / "record"
    checkout = tmp_path / "shared parent" / "checkout"
    for path, name in ((tmp_path / "tools" / "make", "make"), (checkout / ".venv" / "bin" / "python", "python")):
        path.parent.mkdir(parents=True)
        path.write_text(f'#!/bin/sh\necho "{name} $* data=${{MLSERVING_DATA-}}" >>{record}\n')
        path.chmod(0o755)
    (checkout / ".ci").mkdir()
    shutil.copy2(ROOT / ".ci" / "run", checkout / ".ci")
    return checkout


def run_ci(checkout: Path, **variables: str) -> tuple[list[str], str]:
    tools = checkout.parents[1] / "tools"
    inherited = {name: value for name, value in os.environ.items() if name != "MLSERVING_DATA"}
    environment = {**inherited, "PATH": f"{tools}:{os.environ['PATH']}", **variables}
    done = subprocess.run([checkout / ".ci" / "run"], capture_output=True, text=True, check=True, env=environment)
    return (checkout.parents[1] / "record").read_text().splitlines(), done.stderr


def test_ci_runs_make_test_without_data_and_says_what_it_skips(ci: Path) -> None:
    commands, messages = run_ci(ci)
    assert commands == ["make test data="]
    assert "the tests on the full data sets will not run" in messages


def test_ci_runs_the_data_tests_last_where_data_is_at_hand(ci: Path) -> None:
    (ci.parent / "shared" / "data").mkdir(parents=True)
    commands, _ = run_ci(ci)
    assert commands == ["make test data=", f"python -m pytest -m data data={ci.parent}/shared/data"]


def test_ci_takes_the_data_that_mlserving_data_names(ci: Path, tmp_path: Path) -> None:
    (tmp_path / "sets").mkdir()
    commands, _ = run_ci(ci, MLSERVING_DATA=str(tmp_path / "sets"))
    assert commands == ["make test data=", f"python -m pytest -m data data={tmp_path}/sets"]
