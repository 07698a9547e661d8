"""The planner's commands in README.md and docs/planner.md run, and print what is shown."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.loadtest import synthetic
from tests.loadtest.plan.test_replay import METRICS

MEASURED = ROOT / "docs" / "capacity.json"
BLOCKS = [
    block
    for name in ("README.md", "docs/planner.md")
    for block in re.findall(r"```console\n(.*?)```", (ROOT / name).read_text(), re.DOTALL)
]
LINES = [line for block in BLOCKS for line in block.splitlines()]
COMMANDS = [line[2:] for line in LINES if line.startswith("$ .venv/bin/python -m loadtest plan")]
THIN_SPACE = "\u202f"  # between thousands, where the tables of the documents have a comma
TABLES = [line[2:] for line in LINES if line.startswith("$ printf ")]
(SCALE_UP,) = re.findall(
    r"^    (python -m loadtest plan scaleup .*)$", (ROOT / "docs/planner.md").read_text(), re.MULTILINE
)
OFFLINE = sorted({command for command in COMMANDS if " plan measure" not in command})


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with what the commands name: a recorded run, a table of traffic and the capacity of the documents."""
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parents[1])
    for name in ("loadtest", "model"):
        (tmp_path / name).symlink_to(ROOT / name)
    folder = synthetic.folder(tmp_path / "reports" / "latest")
    plan = json.loads((folder / "plan.json").read_text())
    plan["cluster"]["hpa"]["metrics"] = METRICS
    (folder / "plan.json").write_text(json.dumps(plan))
    (tmp_path / "docs").mkdir()
    for name in ("docs", "reports"):
        shutil.copy(MEASURED, tmp_path / name)
    (tmp_path / "traffic.csv").write_text("t,requests\n" + "".join(f"{60 * i},{100 * i}\n" for i in range(20)))
    for command in TABLES:
        subprocess.run(["bash", "-c", command], cwd=tmp_path, check=True)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("command", OFFLINE)
def test_command_runs_and_prints_what_is_shown(project: Path, command: str) -> None:
    done = subprocess.run(["bash", "-c", command], cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    printed = [line.rstrip() for line in done.stdout.splitlines()]
    for block in BLOCKS:
        shown = block.partition(f"$ {command}\n")[2].partition("$ ")[0]
        assert [line for line in shown.splitlines() if line not in printed] == []


def test_the_commands_that_are_shown_are_run_here() -> None:
    kinds = {command.split(" plan ")[1].split()[0] for command in COMMANDS}
    assert {"measure", "size", "replay", "simulate"} <= kinds


@pytest.mark.slow
def test_bounds_in_the_table_of_the_tuned_deployment_give_its_pod_seconds(project: Path) -> None:
    (command,) = (command for command in OFFLINE if "simulate soak.csv --target 20" in command)
    rows = re.findall(r"^\| (\d+) to (\d+) pods.*?\| (.*?) \|", (ROOT / "docs/planner.md").read_text(), re.MULTILINE)
    assert len(rows) == 4
    for least, most, pod_seconds in rows:
        done = subprocess.run(
            ["bash", "-c", f"{command} --min {least} --max {most}"],
            cwd=project,
            capture_output=True,
            text=True,
            check=True,
        )
        assert f"Pod-seconds {pod_seconds.replace(',', THIN_SPACE)}\n" in done.stdout


@pytest.mark.slow
def test_table_of_the_scale_up_is_that_of_its_record(project: Path) -> None:
    for name in ("scale_up.csv", "planner.md"):
        shutil.copy(ROOT / "docs" / name, project / "docs")
    subprocess.run(["bash", "-c", f".venv/bin/{SCALE_UP}"], cwd=project, check=True)
    assert (project / "docs" / "planner.md").read_text() == (ROOT / "docs" / "planner.md").read_text()
