"""A load that several processes make together, against a small real server."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from argparse import ArgumentTypeError
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from loadtest.locust_process import Workers, parse_workers
from tests.loadtest.test_experiment import loadtest, summary
from tests.loadtest.test_interrupt import locusts, start_demo
from tests.served import ROOT, free_port

pytestmark = pytest.mark.load

SECTION = (ROOT / "docs" / "report.md").read_text().partition("### Several machines\n")[2].partition("\n#")[0]
COMMANDS = re.findall(r"^\$ (.+)$", SECTION, re.MULTILINE)


def run(host: str, output: Path, *words: str) -> list[dict[str, Any]]:
    """Return the lines of an experiment with two workers."""
    done = loadtest("--host", host, "--output", str(output), "--no-cluster", "--workers", "2", *words)
    assert done.returncode in {0, 1}, done.stderr  # a busy machine may miss the latency
    return [json.loads(line) for line in (output / "latest" / "load.jsonl").read_text().splitlines()]


def posts(host: str) -> int:
    with urllib.request.urlopen(f"{host}/posts") as response:
        counted: int = json.loads(response.read())["posts"]
    return counted


@pytest.mark.parametrize("words", [[], ["--open"]])
def test_two_workers_make_the_load_of_the_shape_and_every_request_is_counted_once(
    serve: Callable[..., str], tmp_path: Path, words: list[str]
) -> None:
    host = serve()
    first, *seconds, last = run(host, tmp_path, "--shape", "smoke", *words)
    assert sum(second["sent"] for second in seconds) == posts(host)
    assert sum(second["failed"] + second["lost"] for second in seconds) == 0
    start = int(first["start"])
    assert [second["t"] - start for second in seconds] == list(range(len(seconds)))
    assert [second["users"] for second in seconds[1:4] + seconds[5:10]] == 3 * [6] + 5 * [20]
    assert first["requests_per_user"] == 5
    assert last.keys() == {"end"}
    assert 300 <= posts(host) <= 790  # 4 s × 30 + 6 s × 100, less where the machine is busy
    assert "2 workers" in (tmp_path / "latest" / "report.html").read_text()


def test_workers_share_the_models_and_the_recorded_traffic(serve: Callable[..., str], tmp_path: Path) -> None:
    table = tmp_path / "traffic.csv"
    table.write_text("time,requests\n0,12\n4,47\n8,12\n10,12\n")
    words = ["--shape", str(table), "--open", "constant", "--models", "breast_model=3,digits"]
    host = serve()
    _, *seconds, _ = run(host, tmp_path, *words)
    assert sum(second["sent"] for second in seconds) == posts(host)
    assert posts(host) == pytest.approx(4 * 12 + 4 * 47 + 2 * 12, rel=0.1)
    assert [second["users"] for second in seconds[1:3] + seconds[5:7]] == [3, 3, 12, 12]  # at 4.25 requests/s
    users = (tmp_path / "latest" / "locust.log").read_text()
    assert '{"DigitsUser": 3, "TabularUser": 9} (12 total users)' in users


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM"])
def test_lost_worker_fails_the_run(serve: Callable[..., str], tmp_path: Path, name: str) -> None:
    running = start_demo(serve(), tmp_path, "--workers", "2")
    (master,) = locusts(running.pid)
    dead, alive = locusts(master)
    os.kill(dead, signal.Signals[name])
    _, errors = running.communicate(timeout=40)
    assert running.returncode == 2
    assert errors.splitlines()[-1].startswith("A worker of the load generator was lost")
    assert not (tmp_path / "latest").exists()
    again = loadtest("report", str(next(tmp_path.iterdir())))
    assert again.returncode == 1
    assert "NOT PASSED: Interrupted before the end" in again.stdout
    assert not Path(f"/proc/{alive}").exists()


def test_workers_end_with_a_killed_master(serve: Callable[..., str], tmp_path: Path) -> None:
    host = serve()
    running = start_demo(host, tmp_path, "--workers", "2")
    (master,) = locusts(running.pid)
    os.kill(master, signal.SIGKILL)
    _, errors = running.communicate(timeout=40)
    assert running.returncode == 2
    assert "Locust ended with -9" in errors
    before = posts(host)
    time.sleep(1)
    assert posts(host) == before + 1  # by the question before


def test_workers_of_other_machines_need_only_the_address_of_the_master(
    serve: Callable[..., str], tmp_path: Path
) -> None:
    """They learn the models, the way to send and the server from the master, which starts after them."""
    host, port = serve(), str(free_port())
    worker, load = (command.split()[1:] for command in COMMANDS)
    worker = [{"4": "2", "10.0.0.5": "127.0.0.1"}.get(word, word) for word in worker]
    words = {"8@5557": f"2@{port}", "saturate": "smoke", "http://service.example.org": host}
    load = [words.get(word, word) for word in load if word not in {"-m", "loadtest"}]
    with (tmp_path / "log").open("w") as log:
        workers = subprocess.Popen(
            [sys.executable, *worker, "--master-port", port], cwd=ROOT, stdout=log, stderr=log, start_new_session=True
        )
    try:
        done = loadtest(*load, "--open", "--models", "digits", "--output", str(tmp_path), "--no-cluster")
        assert done.returncode in {0, 1}, done.stderr  # a busy machine may miss the latency
        assert workers.wait(30) == 0
    finally:
        with suppress(ProcessLookupError):
            os.killpg(workers.pid, signal.SIGKILL)
        workers.wait()
    found = summary(tmp_path)["requests"]
    assert found["right"] == found["sent"] == posts(host)
    assert found["sent"] == pytest.approx(4 * 6 * 2 + 6 * 20 * 2, rel=0.1)


def test_missing_workers_of_other_machines_are_not_waited_for_long(serve: Callable[..., str], tmp_path: Path) -> None:
    words = ["--host", serve(), "--output", str(tmp_path), "--no-cluster", "--workers", f"2@{free_port()}"]
    done = loadtest(*words)
    assert done.returncode == 2
    assert "Gave up waiting for workers to connect" in done.stderr


@pytest.mark.parametrize("text", ["0", "-1", "4@", "@5557", "4@0", "4@65536", "1@2@3", "two"])
def test_number_of_workers_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="is not a number of workers"):
        parse_workers(text)


def test_workers_are_started_here_unless_a_port_is_given() -> None:
    assert (parse_workers("4"), parse_workers("8@5557")) == (Workers(4), Workers(8, 5557))
