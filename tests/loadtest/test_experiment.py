"""The whole command, against a small real server and no cluster."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from tests.loadtest import synthetic
from tests.loadtest.conftest import small_server

pytestmark = pytest.mark.load

Finished = tuple["subprocess.CompletedProcess[str]", Path]
ALONE = {name: value for name, value in os.environ.items() if name != "KUBECONFIG"}


def loadtest(*words: str, environment: dict[str, str] = ALONE) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "loadtest", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=90, env=environment)


def summary(output: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((output / "latest" / "summary.json").read_text())
    return found


def assert_only_latency_is_missed(done: "subprocess.CompletedProcess[str]", found: dict[str, Any]) -> None:
    """Check that the load met its objectives, but for the latency: next to other tests a machine may be too busy."""
    missed = [each["key"] for each in found["objectives"] if each["asked"] and not each["held"]]
    assert missed in ([], ["latency_p99_ms"]), done.stdout
    assert found["verdict"]["passed"] == (not missed)
    assert done.returncode == len(missed), done.stderr


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Run a whole experiment of ten seconds without a kubeconfig; return its result and output folder."""
    home = tmp_path_factory.mktemp("home")
    with small_server() as host:
        words = ["--shape", "smoke", "--host", host, "--output", str(home / "reports")]
        return loadtest(*words, environment={**ALONE, "HOME": str(home)}), home / "reports"


def test_experiment_writes_its_folder(good: Finished) -> None:
    done, output = good
    found = summary(output)
    assert_only_latency_is_missed(done, found)
    latest = output / "latest"
    assert latest.is_symlink()
    files = {path.name for path in latest.iterdir()}
    assert files >= {"report.html", "chart.png", "timeline.csv", "summary.json", "plan.json", "load.jsonl"}
    assert found["repeat"]["versions"] == {"locust": metadata.version("locust"), "python": platform.python_version()}
    assert 300 <= found["requests"]["right"] == found["requests"]["sent"] <= 780  # 4 s × 30 + 6 s × 100
    assert done.stdout.splitlines()[1].startswith("Watch it at http://127.0.0.1:")
    assert "20 users" in done.stdout
    assert "held       Requests failed or lost" in done.stdout


def test_missing_kubeconfig_is_reported(
    good: Finished,
) -> None:
    done, output = good
    assert "No kubeconfig" in done.stdout
    assert "The cluster was not observed" in (output / "latest" / "report.html").read_text()
    assert summary(output)["scaling"] is None
    assert summary(output)["repeat"]["cluster"] is None


def test_report_can_be_written_again_from_the_files(good: Finished) -> None:
    latest = good[1] / "latest"
    made = {name: (latest / name).read_bytes() for name in ("summary.json", "timeline.csv", "report.html", "chart.png")}
    for name in made:
        (latest / name).unlink()
    assert loadtest("report", str(latest)).returncode == good[0].returncode
    assert {name: (latest / name).read_bytes() for name in made} == made


def test_run_that_meets_every_objective_exits_with_0(tmp_path: Path) -> None:
    done = loadtest("report", str(synthetic.folder(tmp_path / "run")))
    assert done.returncode == 0, done.stdout
    assert json.loads((tmp_path / "run" / "summary.json").read_text())["verdict"]["passed"]


def test_wrong_predictions_miss_the_objectives(serve: Callable[..., str], tmp_path: Path) -> None:
    host = serve("--lie")
    done = loadtest("--shape", "smoke", "--host", host, "--output", str(tmp_path), "--no-cluster")
    assert done.returncode == 1
    found = summary(tmp_path)
    assert found["requests"]["failed"] == found["requests"]["sent"] > 0
    assert any("label 'B' for a row that is 'M'" in reason for reason in found["requests"]["reasons"])
    assert "NOT PASSED: 2 of 2 objectives missed" in done.stdout


def test_hours_stretch_the_load(serve: Callable[..., str], tmp_path: Path) -> None:
    words = ["--shape", "smoke", "--hours", "0.0036", "--host", serve(), "--output", str(tmp_path), "--no-cluster"]
    done = loadtest(*words)
    assert_only_latency_is_missed(done, summary(tmp_path))
    plan = json.loads((tmp_path / "latest" / "plan.json").read_text())
    assert [stage["seconds"] for stage in plan["shape"]["stages"]] == [4, 9]
    seconds = (tmp_path / "latest" / "load.jsonl").read_text().splitlines()
    assert sum('"users":20' in second for second in seconds) >= 8


def test_load_of_pictures_is_named_in_every_file(serve: Callable[..., str], tmp_path: Path) -> None:
    words = ["--shape", "smoke", "--models", "digits=3,brain_mri", "--host", serve(), "--output", str(tmp_path)]
    done = loadtest(*words, "--no-cluster")
    found = summary(tmp_path)
    assert_only_latency_is_missed(done, found)
    assert found["requests"]["sent"] == found["requests"]["right"] > 0
    assert found["models"] == found["repeat"]["models"] == {"digits": 3, "brain_mri": 1}
    assert "--models digits=3,brain_mri" in found["repeat"]["command"]
    begin = json.loads((tmp_path / "latest" / "load.jsonl").read_text().splitlines()[0])
    assert begin["requests_per_user"] == (3 * 2 + 0.25) / 4
    assert "of <b>digits (3) and brain_mri (1)</b> against" in (tmp_path / "latest" / "report.html").read_text()


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"LOCUST_USER_CLASSES": "Nobody"}, "Unknown User(s): Nobody"),  # before the load begins
        ({"LOCUST_TAGS": "none"}, "No tasks defined on TabularUser"),  # with every user
    ],
)
def test_failure_of_locust_itself_is_shown(
    serve: Callable[..., str], tmp_path: Path, environment: dict[str, str], sentence: str
) -> None:
    words = ["--shape", "smoke", "--host", serve(), "--output", str(tmp_path), "--no-cluster"]
    done = loadtest(*words, environment={**ALONE, **environment})
    assert done.returncode == 2
    assert "Locust ended with 1" in done.stderr
    assert sentence in done.stderr


def test_output_folder_that_cannot_be_created_is_reported(serve: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = loadtest("--shape", "smoke", "--host", serve(), "--output", str(tmp_path / "file"), "--no-cluster")
    assert done.returncode == 2
    assert "cannot be read or written" in done.stderr
    assert str(tmp_path / "file") in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--host", "http://127.0.0.1:9", "--no-cluster"], "Nothing answers at http://127.0.0.1:9"),
        (["--host", "127.0.0.1:9", "--no-cluster"], "--host must be a URL"),
        (["report", "nowhere"], "nowhere"),
    ],
)
def test_unreachable_host_or_missing_run_is_exit_status_2_with_a_reason(
    tmp_path: Path, words: list[str], sentence: str
) -> None:
    done = loadtest(*words, *(["--output", str(tmp_path)] if words[0] != "report" else []))
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_model_that_is_not_served_is_refused(serve: Callable[..., str], tmp_path: Path) -> None:
    host = serve("--tabular")
    done = loadtest("--models", "brain_mri", "--host", host, "--output", str(tmp_path), "--no-cluster")
    assert done.returncode == 2
    assert done.stderr.strip() == f"{host} serves no model brain_mri."
    assert not list(tmp_path.iterdir())


def test_unusable_kubeconfig_is_an_error(tmp_path: Path) -> None:
    nowhere = {**ALONE, "KUBECONFIG": str(tmp_path / "missing")}
    done = loadtest("--host", "http://127.0.0.1:9", "--output", str(tmp_path), environment=nowhere)
    assert done.returncode == 2
    assert "kubeconfig cannot be used" in done.stderr
