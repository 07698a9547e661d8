"""The commands of docs/report.md about recorded traffic run, from a log to a load."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.loadtest.conftest import serve  # noqa: F401  a fixture
from tests.loadtest.test_experiment import ALONE
from tests.loadtest.traffic.test_access_log import COMBINED
from tests.loadtest.traffic.test_prometheus import Busy, busy  # noqa: F401  a fixture

SECTION = (ROOT / "docs" / "report.md").read_text().partition("## Recorded traffic\n")[2].partition("\n## ")[0]
LOG, LOAD, PROMETHEUS = re.findall(r"^\$ \.venv/bin/(python -m loadtest .*)$", SECTION, re.MULTILINE)


def run(command: str, folder: Path) -> None:
    for name in ("loadtest", "model"):
        if not (folder / name).exists():
            (folder / name).symlink_to(ROOT / name)
    command = command.replace("python", sys.executable, 1)
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=ALONE, capture_output=True, text=True, check=False)
    assert done.returncode in {0, 1}, done.stderr  # 1: a busy machine misses the latency


@pytest.mark.load
def test_log_becomes_a_table_and_a_load(serve: Callable[..., str], tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "access.log").write_text("".join(COMBINED.format(t, "POST") * 100 for t in range(60)))
    run(LOG, tmp_path)
    run(LOAD.replace("http://$(minikube ip):30001", serve()) + " --no-cluster", tmp_path)
    assert (tmp_path / "reports" / "latest" / "report.html").exists()


@pytest.mark.slow
def test_prometheus_becomes_a_table(busy: Busy, tmp_path: Path) -> None:  # noqa: F811
    """The test's Prometheus knows other requests, and those of a few seconds only."""
    command = PROMETHEUS.replace("http://127.0.0.1:9090", busy.url).replace("mlserving", "prometheus_http")
    run(command.replace("--hours 24 --step 60s", "--hours 0.01 --step 1s"), tmp_path)
    assert len((tmp_path / "traffic.csv").read_text().splitlines()) == 1 + 36 + 1
