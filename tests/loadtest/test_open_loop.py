"""Requests by schedule, and requests that are sent again because Retry-After asked for it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.loadtest.test_experiment import loadtest, summary
from tests.loadtest.test_locustfile import locust
from tests.served import free_port

pytestmark = pytest.mark.load

FILES = "loadtest/locustfile.py,loadtest/users/stage_shape.py"


def seconds(host: str, path: Path, *words: str, files: str = FILES) -> list[dict[str, Any]]:
    """Return the seconds of a smoke shape: at five requests a second and user, 720 are due."""
    locust(host, "--shape", "smoke", "--seconds-to", str(path), "--stop-timeout", "15", *words, files=files)
    return [json.loads(line) for line in path.read_text().splitlines()[1:-1]]


def total(lines: list[dict[str, Any]], name: str) -> int:
    return sum(line[name] for line in lines)


def mean(lines: list[dict[str, Any]], name: str) -> float:
    """Return the mean of latencies, in milliseconds."""
    counted: list[tuple[float, int]] = [(float(ms), count) for line in lines for ms, count in line[name].items()]
    return sum(ms * count for ms, count in counted) / sum(count for _, count in counted)


def test_slow_server_gets_as_many_requests_as_a_quick_one(serve: Callable[..., str], tmp_path: Path) -> None:
    """Responses take 0.25 s, so a user who waits for each sends four a second."""
    slow = serve("--dawdle")
    waiting = seconds(slow, tmp_path / "closed.jsonl")
    scheduled = seconds(slow, tmp_path / "open.jsonl", "--open", "constant")
    assert total(waiting, "sent") < 620
    assert total(scheduled, "sent") == pytest.approx(720, rel=0.07)
    assert total(scheduled, "lost") + total(scheduled, "failed") == 0
    assert not any(line["sending_ms"] for line in waiting)
    for line in scheduled:
        assert sum(line["sending_ms"].values()) == sum(line["latency_ms"].values())


@pytest.mark.parametrize("workers", [0, 2])
def test_load_generator_that_falls_behind_is_seen(serve: Callable[..., str], tmp_path: Path, workers: int) -> None:
    port = str(free_port())
    several = ["--processes", str(workers), "--master-bind-port", port, "--master-port", port] if workers else []
    files = f"{FILES},tests/loadtest/blocking.py"
    found = seconds(serve(), tmp_path / "load.jsonl", "--open", "poisson", *several, files=files)
    assert total(found, "sent_late") > 0.2 * total(found, "sent")
    due, sending = mean(found, "latency_ms"), mean(found, "sending_ms")
    assert due > 2 * sending, "only a few requests are in flight when it stalls, but many are due meanwhile"
    assert max(float(ms) for line in found for ms in line["latency_ms"]) > 300


def test_refused_requests_are_sent_again_and_none_is_lost(serve: Callable[..., str], tmp_path: Path) -> None:
    done = loadtest("--shape", "smoke", "--host", serve("--busy"), "--output", str(tmp_path), "--no-cluster")
    assert done.returncode == 1  # the second that they wait for counts as latency
    found = summary(tmp_path)
    assert found["requests"]["sent"] == found["requests"]["right"]
    assert found["requests"]["refused"] > 30
    assert found["latency_ms"]["p99"] > 1000
    assert "Refused and sent again" in (tmp_path / "latest" / "report.html").read_text()


def test_open_experiment_is_judged_from_when_requests_were_due(serve: Callable[..., str], tmp_path: Path) -> None:
    words = ["--shape", "smoke", "--open", "--host", serve("--busy"), "--output", str(tmp_path), "--no-cluster"]
    done = loadtest(*words)
    assert done.returncode == 1
    found = summary(tmp_path)
    assert found["open"]["arrivals"] == found["repeat"]["open"] == "constant"
    assert found["open"]["latency_from_sending_ms"]["p99"] < 1000 < found["latency_ms"]["p99"]
    assert "p99 from when it was sent" in (tmp_path / "latest" / "report.html").read_text()
    assert "p99_from_sending_ms" in (tmp_path / "latest" / "timeline.csv").read_text().splitlines()[0]
