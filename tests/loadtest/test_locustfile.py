"""The locustfile against real servers: one that responds correctly, and some that do not.

Locust runs as a process of its own, as its users run it; importing it would patch this one.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.load


def locust(host: str, *words: str, files: str = "loadtest/locustfile.py") -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "locust", "-f", files, "--headless", "--host", host, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def figures(done: "subprocess.CompletedProcess[str]") -> dict[str, dict[str, Any]]:
    return {entry["name"]: entry for entry in json.loads(done.stdout)}


def test_correct_responses_are_no_failures_at_five_per_second_and_user(serve: Callable[..., str]) -> None:
    done = locust(serve(), "-u", "20", "-r", "20", "-t", "4s", "--json", "--stop-timeout", "5")
    assert done.returncode == 0, done.stderr
    found = figures(done)
    assert set(found) == {"/predict", "/predict/batch"}
    sent = {name: entry["num_requests"] for name, entry in found.items()}
    assert sum(entry["num_failures"] for entry in found.values()) == 0
    assert 150 <= sum(sent.values()) <= 450  # 20 users × 5 a second × 4 s, less where the machine is busy
    assert sent["/predict"] > 5 * sent["/predict/batch"] > 0


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("--lie", "wrong answer: label 'B' for a row that is 'M'"),
        ("--contradict", "wrong answer: prediction 1 does not belong to label 'B'"),
        ("--overdo", "wrong answer: probability 1.5 is not between 0 and 1"),
        ("--refuse", "status 503"),
        ("--say-nothing", "status 204"),
        ("--say-unchanged", "status 304"),
        ("--redirect", "status 302"),
        ("--garble", "wrong answer: the body has an unexpected form"),
        ("--break-off", "Incomplete response"),
        ("--hang-up", "closed"),
        ("--hang", "timed out"),
    ],
)
def test_every_request_to_a_misbehaving_server_fails(serve: Callable[..., str], mode: str, reason: str) -> None:
    done = locust(serve(mode), "-u", "8", "-r", "8", "-t", "2s", "--json", "--stop-timeout", "15")
    assert done.returncode == 1
    found = figures(done).values()
    sent = sum(entry["num_requests"] for entry in found)
    assert sum(entry["num_failures"] for entry in found) == sent > 0
    assert reason in done.stderr


def test_pictures_are_sent_as_files_and_as_arrays(serve: Callable[..., str]) -> None:
    done = locust(serve(), "--models", "digits", "-u", "20", "-r", "20", "-t", "5s", "--json", "--stop-timeout", "5")
    assert done.returncode == 0, done.stderr
    found = figures(done)
    sent = {name: entry["num_requests"] for name, entry in found.items()}
    assert set(sent) == {"/predict/digits", "/predict/digits/batch"}
    assert 60 <= sum(sent.values()) <= 230  # 20 users × 2 a second × 5 s, less where the machine is busy
    assert sent["/predict/digits"] > 3 * sent["/predict/digits/batch"]


def test_large_pictures_are_sent_at_a_slower_pace(serve: Callable[..., str]) -> None:
    """A new user waits for part of its four seconds, so a step of users is no burst of requests."""
    words = ["-u", "60", "-r", "60", "-t", "6s", "--json", "--stop-timeout", "5"]
    done = locust(serve(), "--models", "brain_mri", *words)
    assert done.returncode == 0, done.stderr
    found = figures(done)["/predict/brain_mri"]
    assert found["num_failures"] == 0
    assert 20 <= found["num_requests"] <= 110  # 60 users × 0.25 a second × 6 s, less where the machine is busy
    assert max(found["num_reqs_per_sec"].values()) < 40


@pytest.mark.parametrize(
    ("model", "mode", "reason"),
    [
        ("digits", "--lie", "wrong answer: label 'cat' is not one of the model's"),
        ("digits", "--forget", ".png, which was "),
        ("brain_mri", "--forget", ".jpg, which was "),
        ("brain_mri", "--refuse", "status 503"),
    ],
)
def test_wrong_picture_predictions_are_failures(serve: Callable[..., str], model: str, mode: str, reason: str) -> None:
    done = locust(serve(mode), "--models", model, "-u", "60", "-r", "60", "-t", "4s", "--json", "--stop-timeout", "5")
    assert done.returncode == 1
    assert reason in done.stderr


@pytest.mark.parametrize(
    ("words", "users"),
    [
        ([], {"TabularUser": 6}),
        (["--models", "breast_model=3,digits=2,brain_mri"], {"TabularUser": 3, "DigitsUser": 2, "BrainMriUser": 1}),
        (["DigitsUser", "BrainMriUser"], {"DigitsUser": 3, "BrainMriUser": 3}),
    ],
)
def test_models_are_chosen_on_the_command_line(
    serve: Callable[..., str], words: list[str], users: dict[str, int]
) -> None:
    done = locust(serve(), *words, "-u", "6", "-r", "6", "-t", "1s")
    spawned = re.search(r"All users spawned: (\{.*?\})", done.stderr)
    assert spawned
    assert json.loads(spawned[1]) == users


def test_load_does_not_start_if_the_server_does_not_describe_its_model(serve: Callable[..., str]) -> None:
    done = locust(serve("--no-info"), "-u", "4", "-r", "4", "-t", "20s", "--json")
    assert done.returncode == 1
    assert "/info describes no model: status 404." in done.stderr
    assert "Traceback" not in done.stderr


def test_model_without_a_load_is_refused_by_name(serve: Callable[..., str]) -> None:
    done = locust(serve(), "--models", "cats", "-t", "1s")
    assert done.returncode == 2
    assert "There is no load for 'cats', only for breast_model, media_cost, brain_mri and digits." in done.stderr


def test_connections_are_renewed(serve: Callable[..., str], tmp_path: Path) -> None:
    """Without new connections, 20 users would reach 20 of this server's pods, one per connection."""
    _, *lines, _ = follow_shape(serve("--name-connections"), tmp_path / "load.jsonl")
    assert len({pod for line in lines for pod in line["pods"]}) > 25
    assert sum(line["failed"] + line["lost"] for line in lines) == 0


def test_each_second_of_a_shape_is_written(serve: Callable[..., str], tmp_path: Path) -> None:
    first, *middle, last = follow_shape(serve(), tmp_path / "load.jsonl")
    assert first["requests_per_user"] == 5
    assert set(last) == {"end"}
    assert [line["t"] for line in middle] == list(range(middle[0]["t"], middle[0]["t"] + len(middle)))
    assert 10 <= len(middle) <= 13
    assert [line["users"] for line in middle[1:3]] == [6, 6]
    assert middle[-3]["users"] == 20
    assert {pod for line in middle for pod in line["pods"]} == {"pod-a", "pod-b"}


def follow_shape(host: str, seconds: Path) -> list[dict[str, Any]]:
    """Return the lines of a whole smoke shape: ten seconds with up to 20 users."""
    files = "loadtest/locustfile.py,loadtest/users/stage_shape.py"
    done = locust(host, "--shape", "smoke", "--seconds-to", str(seconds), files=files)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in seconds.read_text().splitlines()]


def test_falling_load_does_not_look_like_a_stalled_server(serve: Callable[..., str], tmp_path: Path) -> None:
    """A second after users have left counts those who stayed: a falling load is no stalled server."""
    seconds = tmp_path / "load.jsonl"
    files = "loadtest/locustfile.py,tests/loadtest/falling.py"
    done = locust(serve(), "--shape", "smoke", "--seconds-to", str(seconds), "--stop-timeout", "10", files=files)
    assert done.returncode == 0, done.stderr
    _, *lines, _ = [json.loads(line) for line in seconds.read_text().splitlines()]
    assert [line["users"] for line in lines[:6]] == [40, 40, 40, 2, 2, 2]


def test_late_wake_up_is_kept_when_the_next_is_punctual(tmp_path: Path) -> None:
    seconds = tmp_path / "load.jsonl"
    script = f"""
from pathlib import Path
from locust.env import Environment
from loadtest.users.second_writer import SecondWriter
from loadtest.users.seconds_file import SecondsFile
file = SecondsFile(Path({str(seconds)!r}), ["one"], None)
writer = SecondWriter(Environment(), lambda line: file.receive("one", line))
second = writer.second.t
writer.finish_seconds(second + 1.0)  # by a request
writer.record_wake(second + 1, second + 1.3)
writer.record_wake(second + 2, second + 2.0)
writer.close()
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
    lines = [json.loads(line) for line in seconds.read_text().splitlines()]
    assert [line["late_ms"] for line in lines if "t" in line] == [0, 300, 0]
