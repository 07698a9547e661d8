import json
import math
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from loadtest.bench import tables
from tests.conftest import ROOT

Bench = Callable[..., CompletedProcess[str]]

FAKE_APT_GET = '#!/bin/bash\necho "apt-get $*" >>"$(dirname "$0")/calls"\n'


def without_wrk(folder: Path) -> "CompletedProcess[str]":
    """Run scripts/bench --help with nothing but a few tools on its PATH."""
    for tool in ("bash", "dirname", "flock"):
        (folder / tool).symlink_to(shutil.which(tool) or "")
    command = [str(ROOT / "scripts" / "bench"), "--help"]
    return subprocess.run(command, env={"PATH": str(folder)}, capture_output=True, text=True, check=False)


def test_without_wrk_and_apt_get_the_script_says_what_to_install(tmp_path: Path) -> None:
    done = without_wrk(tmp_path)
    assert done.returncode == 2
    assert "apt-get install wrk" in done.stderr


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to install packages")
def test_root_installs_wrk_with_apt_get(tmp_path: Path) -> None:
    (tmp_path / "apt-get").write_text(FAKE_APT_GET)
    (tmp_path / "apt-get").chmod(0o755)
    assert without_wrk(tmp_path).returncode == 0
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls[0] == "apt-get update -q"
    assert calls[1].endswith(" wrk")


@pytest.mark.slow
@pytest.mark.parametrize("command", ["measure", "soak"])
def test_missing_programs_are_reported_before_anything_is_measured(tmp_path: Path, command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "loadtest.bench", command],
        env={"PATH": str(tmp_path), "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert [line for line in done.stderr.splitlines() if "not installed" in line] == [
        "Cannot measure: wrk is not installed. On Debian: apt-get install wrk",
        "Cannot measure: taskset is not installed. On Debian: apt-get install util-linux",
    ]


@pytest.mark.load
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_kills_the_servers(number: signal.Signals, tmp_path: Path) -> None:
    with subprocess.Popen(
        [ROOT / "scripts" / "bench", "measure", "--quick", "--output", tmp_path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        while tables.BATCHES.title not in run.stdout.readline():
            pass
        servers = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
        run.send_signal(number)
        assert run.wait(30) == 2
        assert "Interrupted" in run.stderr.read()
    assert servers
    assert not [pid for pid in servers if Path(f"/proc/{pid}").exists()]
    assert tables.ONE_ROW.title in (tmp_path / "performance.md").read_text()


@pytest.mark.slow
def test_quick_run_makes_every_table(bench: Bench, tmp_path: Path) -> None:
    done = bench("measure", "--quick", "--output", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    text = (tmp_path / "performance.md").read_text()
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        f"### {table.title}" for table in tables.TABLES
    ]
    assert "Not measured" not in text
    _, *sections = text.strip().split("\n\n### ")
    assert all(section in done.stdout for section in sections)
    report = json.loads((tmp_path / "bench.json").read_text())
    for section in ("one_client", "many_clients", "forest", "grpc", "batches", "observability", "sklearn_batches"):
        for row in report[section]:
            assert row["ratio"] > 0
            assert math.isfinite(row["ratio"])
    servers = {row["server"] for row in report["one_client"]}
    assert servers == {"plain FastAPI", "KServe custom model", "this server", "uvicorn, a constant response"}
    assert all(f"| {server} | " in text for server in servers)
    assert all(row["after_load_mib"] > 0 for row in report["cold_start"])
