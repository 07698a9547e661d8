"""Every script passes shellcheck, together with the files that it sources."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def scripts() -> list[Path]:
    files = [path for path in (ROOT / "scripts").rglob("*") if path.is_file()]
    return [path for path in files if path.read_bytes().startswith(b"#!/usr/bin/env bash")]


def sourced_files() -> set[Path]:
    return set((ROOT / "scripts").rglob("*.sh"))


@pytest.mark.parametrize("script", scripts(), ids=lambda path: str(path.relative_to(ROOT)))
def test_shellcheck_finds_nothing(script: Path) -> None:
    shellcheck = Path(sys.executable).with_name("shellcheck")
    command = [str(shellcheck), "--external-sources", "--check-sourced", "--source-path", "SCRIPTDIR", str(script)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("script", scripts(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_script_is_executable_and_stops_at_the_first_error(script: Path) -> None:
    assert script.stat().st_mode & 0o111
    assert "set -euo pipefail" in script.read_text()


def test_every_sh_file_is_sourced_somewhere() -> None:
    text = "".join(path.read_text() for path in (*scripts(), *sourced_files()))
    assert {path.name for path in sourced_files() if f"/{path.name}" not in text} == set()
