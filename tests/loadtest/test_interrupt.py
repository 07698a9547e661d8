"""An experiment that is interrupted, or whose load is killed, against a small real server."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.loadtest.test_experiment import ALONE, loadtest, summary

pytestmark = pytest.mark.load


def start_demo(host: str, output: Path, *options: str) -> "subprocess.Popen[str]":
    """Start an experiment of five minutes and return it in its third second."""
    words = ["--shape", "demo", "--host", host, "--output", str(output), "--no-cluster", *options]
    command = [sys.executable, "-m", "loadtest", *words]
    running = subprocess.Popen(command, env=ALONE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    wait_for_file(output, "*/load.jsonl")
    time.sleep(3)
    return running


def locusts(parent: int) -> list[int]:
    """Return the processes of Locust that this process has started."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(child) for child in children if b"locustfile" in Path(f"/proc/{child}/cmdline").read_bytes()]


def wait_for_file(output: Path, name: str) -> Path:
    """Wait until the file has content and return it."""
    late = time.time() + 90  # a busy machine takes long to start Locust
    while not any(path.stat().st_size for path in output.glob(name)):
        assert time.time() < late, f"{name} did not appear"
        time.sleep(0.02)
    return next(output.glob(name))


@pytest.mark.parametrize("options", [[], ["--workers", "2"]])
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_interrupt_stops_the_load_and_still_writes_the_report(
    serve: Callable[..., str], tmp_path: Path, name: str, options: list[str]
) -> None:
    running = start_demo(serve(), tmp_path, *options)
    running.send_signal(signal.Signals[name])
    running.communicate(timeout=90)
    assert running.returncode == 1
    found = summary(tmp_path)
    assert found["verdict"]["interrupted"]
    assert found["requests"]["sent"] > 5
    assert found["requests"]["lost"] == 0
    assert json.loads((tmp_path / "latest" / "load.jsonl").read_text().splitlines()[-1]).keys() == {"end"}


def test_interrupt_while_writing_the_report_names_the_command_for_it(serve: Callable[..., str], tmp_path: Path) -> None:
    running = start_demo(serve(), tmp_path)
    running.send_signal(signal.SIGINT)
    folder = wait_for_file(tmp_path, "*/timeline.csv").parent
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=90)
    assert running.returncode == 2
    assert errors.strip() == f"Interrupted. To write the report: python -m loadtest report {folder}"
    assert loadtest("report", str(folder)).returncode == 1


def test_a_second_interrupt_does_not_wait_for_hanging_users(serve: Callable[..., str], tmp_path: Path) -> None:
    running = start_demo(serve("--hang"), tmp_path)
    running.send_signal(signal.SIGINT)
    time.sleep(1)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=90)
    assert running.returncode == 1
    assert summary(tmp_path)["verdict"]["interrupted"]


def test_killed_load_does_not_pass(serve: Callable[..., str], tmp_path: Path) -> None:
    running = start_demo(serve(), tmp_path)
    (locust,) = locusts(running.pid)
    assert json.loads(wait_for_file(tmp_path, "*/plan.json").read_text())["interrupted"], "until it has ended"
    os.kill(locust, signal.SIGKILL)
    _, errors = running.communicate(timeout=90)
    assert running.returncode == 2
    assert "Locust ended with -9" in errors
    again = loadtest("report", str(next(tmp_path.iterdir())))
    assert again.returncode == 1
    assert "NOT PASSED: Interrupted before the end" in again.stdout
