"""The whole command, against a small real server and no cluster."""

import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

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


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Run a whole experiment of ten seconds without a kubeconfig; return its result and output folder."""
    home = tmp_path_factory.mktemp("home")
    with small_server() as host:
        words = ["--shape", "smoke", "--host", host, "--output", str(home / "reports")]
        return loadtest(*words, environment={**ALONE, "HOME": str(home)}), home / "reports"


def test_experiment_writes_its_folder(good: Finished) -> None:
    done, output = good
    assert done.returncode == 0, done.stderr
    latest = output / "latest"
    assert latest.is_symlink()
    files = {path.name for path in latest.iterdir()}
    assert files >= {"report.html", "chart.png", "timeline.csv", "summary.json", "plan.json", "load.jsonl"}
    found = summary(output)
    assert found["verdict"]["passed"]
    assert found["repeat"]["versions"] == {"locust": metadata.version("locust"), "python": platform.python_version()}
    assert 300 <= found["requests"]["right"] == found["requests"]["sent"] <= 780  # 4 s × 30 + 6 s × 100
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
    assert loadtest("report", str(latest)).returncode == 0
    assert {name: (latest / name).read_bytes() for name in made} == made


def test_wrong_predictions_miss_the_objectives(serve: Callable[..., str], tmp_path: Path) -> None:
    host = serve("--lie")
    done = loadtest("--shape", "smoke", "--host", host, "--output", str(tmp_path), "--no-cluster")
    assert done.returncode == 1
    found = summary(tmp_path)
    assert found["requests"]["failed"] == found["requests"]["sent"] > 0
    assert any("label 'B' for a row that is 'M'" in reason for reason in found["requests"]["reasons"])
    assert "NOT PASSED: 2 of 2 objectives missed" in done.stdout


def start_demo(host: str, output: Path) -> "subprocess.Popen[str]":
    """Start an experiment of five minutes and return it in its third second."""
    words = ["--shape", "demo", "--host", host, "--output", str(output), "--no-cluster"]
    command = [sys.executable, "-m", "loadtest", *words]
    running = subprocess.Popen(command, env=ALONE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    wait_for_file(output, "*/load.jsonl")
    time.sleep(3)
    return running


def wait_for_file(output: Path, name: str) -> Path:
    """Wait until the file has content and return it."""
    late = time.time() + 30
    while not any(path.stat().st_size for path in output.glob(name)):
        assert time.time() < late, f"{name} did not appear"
        time.sleep(0.02)
    return next(output.glob(name))


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_interrupt_stops_the_load_and_still_writes_the_report(
    serve: Callable[..., str], tmp_path: Path, name: str
) -> None:
    running = start_demo(serve(), tmp_path)
    running.send_signal(signal.Signals[name])
    running.communicate(timeout=30)
    assert running.returncode == 1
    found = summary(tmp_path)
    assert found["verdict"]["interrupted"]
    assert found["requests"]["sent"] > 5
    assert found["requests"]["lost"] == 0
    assert json.loads((tmp_path / "latest" / "load.jsonl").read_text().splitlines()[-1]).keys() == {"end"}


def test_load_of_pictures_is_named_in_every_file(serve: Callable[..., str], tmp_path: Path) -> None:
    words = ["--shape", "smoke", "--models", "digits=3,brain_mri", "--host", serve(), "--output", str(tmp_path)]
    done = loadtest(*words, "--no-cluster")
    assert done.returncode in {0, 1}, done.stderr  # a busy machine may miss the latency
    found = summary(tmp_path)
    assert found["requests"]["sent"] == found["requests"]["right"] > 0
    assert found["models"] == found["repeat"]["models"] == {"digits": 3, "brain_mri": 1}
    assert "--models digits=3,brain_mri" in found["repeat"]["command"]
    begin = json.loads((tmp_path / "latest" / "load.jsonl").read_text().splitlines()[0])
    assert begin["requests_per_user"] == (3 * 2 + 0.25) / 4
    assert "of <b>digits (3) and brain_mri (1)</b> against" in (tmp_path / "latest" / "report.html").read_text()


def test_interrupt_while_writing_the_report_names_the_command_for_it(serve: Callable[..., str], tmp_path: Path) -> None:
    running = start_demo(serve(), tmp_path)
    running.send_signal(signal.SIGINT)
    folder = wait_for_file(tmp_path, "*/timeline.csv").parent
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=30)
    assert running.returncode == 2
    assert errors.strip() == f"Interrupted. To write the report: python -m loadtest report {folder}"
    assert loadtest("report", str(folder)).returncode == 1


def test_a_second_interrupt_does_not_wait_for_hanging_users(serve: Callable[..., str], tmp_path: Path) -> None:
    running = start_demo(serve("--hang"), tmp_path)
    running.send_signal(signal.SIGINT)
    time.sleep(1)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=30)
    assert running.returncode == 1
    assert summary(tmp_path)["verdict"]["interrupted"]


def test_killed_load_does_not_pass(serve: Callable[..., str], tmp_path: Path) -> None:
    running = start_demo(serve(), tmp_path)
    locust = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
    assert len(locust) == 1
    assert json.loads(wait_for_file(tmp_path, "*/plan.json").read_text())["interrupted"], "until it has ended"
    os.kill(int(locust[0]), signal.SIGKILL)
    _, errors = running.communicate(timeout=30)
    assert running.returncode == 2
    assert "Locust ended with -9" in errors
    again = loadtest("report", str(next(tmp_path.iterdir())))
    assert again.returncode == 1
    assert "NOT PASSED: Interrupted before the end" in again.stdout


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
