import json
import math
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.conftest import ROOT

Bench = Callable[..., CompletedProcess[str]]

FAKE_APT_GET = '#!/bin/bash\necho "apt-get $*" >>"$(dirname "$0")/asked"\n'


def without_wrk(folder: Path) -> "CompletedProcess[str]":
    """scripts/bench --help with nothing but a few tools on its PATH."""
    for tool in ("bash", "dirname"):
        (folder / tool).symlink_to(shutil.which(tool) or "")
    command = [str(ROOT / "scripts" / "bench"), "--help"]
    return subprocess.run(command, env={"PATH": str(folder)}, capture_output=True, text=True, check=False)


def test_without_wrk_and_without_apt_it_says_what_to_install(tmp_path: Path) -> None:
    done = without_wrk(tmp_path)
    assert done.returncode == 2
    assert "apt-get install wrk" in done.stderr


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs")
def test_root_gets_wrk_from_debian(tmp_path: Path) -> None:
    (tmp_path / "apt-get").write_text(FAKE_APT_GET)
    (tmp_path / "apt-get").chmod(0o755)
    assert without_wrk(tmp_path).returncode == 0
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked == ["apt-get update -q", "apt-get install -qy --no-install-recommends wrk"]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_no_server_behind(number: signal.Signals) -> None:
    with subprocess.Popen(
        [ROOT / "scripts" / "bench", "measure", "--quick"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        while "One row" not in run.stdout.readline():
            pass
        servers = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
        run.send_signal(number)
        assert run.wait(30) == 2
        assert "Interrupted" in run.stderr.read()
    assert servers
    assert not [one for one in servers if Path(f"/proc/{one}").exists()]


@pytest.mark.slow
def test_a_quick_run_makes_the_whole_table(bench: Bench, tmp_path: Path) -> None:
    done = bench("measure", "--quick", "--output", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    table = (tmp_path / "performance.md").read_text()
    assert table in done.stdout
    report = json.loads((tmp_path / "bench.json").read_text())
    for section in ("one_caller", "many_callers", "forest", "batches", "observing"):
        for row in report[section]:
            assert row["ratio"] > 0
            assert math.isfinite(row["ratio"])
    servers = {row["server"] for row in report["one_caller"]}
    assert servers == {"plain FastAPI", "KServe custom model", "this server", "uvicorn, a constant answer"}
    assert all(f"| {server} | " in table for server in servers)
