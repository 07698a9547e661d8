"""The make targets: few, listed, and each leads to something that is there."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[1].split()  # type: ignore[index]


def make(*words: str, cwd: Path = ROOT) -> str:
    return subprocess.run(["make", *words], cwd=cwd, capture_output=True, text=True, check=True).stdout


def test_there_are_at_most_a_dozen() -> None:
    assert len(TARGETS) <= 12


def test_help_lists_each_with_what_it_does() -> None:
    lines = dict(re.findall(r"^make (\w+) +(\S.*)$", make(), re.MULTILINE))
    assert list(lines) == TARGETS


@pytest.mark.parametrize("target", TARGETS)
def test_each_script_it_calls_exists(target: str) -> None:
    for script in re.findall(r"^(scripts/\S+)", make("--dry-run", "--always-make", target), re.MULTILINE):
        assert (ROOT / script).stat().st_mode & 0o111


@pytest.mark.network
def test_the_locks_are_what_make_lock_makes_of_the_project(tmp_path: Path) -> None:
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        shutil.copy2(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    make("lock", cwd=tmp_path)
    for name in ("requirements.lock", "requirements-dev.lock"):
        assert (tmp_path / name).read_text() == (ROOT / name).read_text()
