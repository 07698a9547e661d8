"""From an access log to a load: the commands, against a small real server."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.loadtest.test_experiment import loadtest, summary
from tests.loadtest.traffic.test_access_log import COMBINED


def seconds(output: Path) -> list[dict[str, Any]]:
    lines = (output / "latest" / "load.jsonl").read_text().splitlines()[1:-1]
    return [json.loads(line) for line in lines]


@pytest.mark.load
def test_log_becomes_a_load_at_another_speed(serve: Callable[..., str], tmp_path: Path) -> None:
    """40 s of 3, 12, 0 and 60 requests/s are sent in 8 s, and so 150 requests."""
    log = tmp_path / "access.log"
    rates = (3, 12, 0, 60)
    log.write_text("".join(COMBINED.format(t, "POST") * rates[t // 10] for t in range(40)))
    done = loadtest("shape", "log", str(log), "--output", str(tmp_path / "traffic.csv"))
    assert done.returncode == 0, done.stderr
    assert "4 rows, 0:40 minutes, 18.8 requests/s on average, 60 at most" in done.stdout
    words = ["--shape", str(tmp_path / "traffic.csv"), "--faster", "5", "--open", "constant", "--no-cluster"]
    done = loadtest(*words, "--host", serve(), "--output", str(tmp_path))
    assert done.returncode in {0, 1}, done.stderr  # a busy machine may miss the latency
    found, sent = summary(tmp_path), [second["sent"] for second in seconds(tmp_path)]
    assert found["requests"]["lost"] == found["requests"]["failed"] == 0
    assert sum(sent) == pytest.approx(150, abs=25)
    assert sum(sent[:4]) == pytest.approx(30, abs=12)
    page = (tmp_path / "latest" / "report.html").read_text()
    assert "0:40 minutes of recorded traffic from traffic.csv, up to 60 requests/s" in page
    assert loadtest("report", str(tmp_path / "latest")).returncode == done.returncode


@pytest.mark.load
def test_recorded_traffic_arrives_at_random_unless_said_otherwise(serve: Callable[..., str], tmp_path: Path) -> None:
    table = tmp_path / "traffic.csv"
    table.write_text("time,requests\n0,40\n2,80\n")
    words = ["--shape", str(table), "--scale", "0.5", "--models", "digits", "--price", "0.04/core-hour", "--no-cluster"]
    done = loadtest(*words, "--host", serve(), "--output", str(tmp_path))
    assert done.returncode in {0, 1}, done.stderr
    found = summary(tmp_path)
    assert found["open"]["arrivals"] == "poisson"
    assert found["repeat"]["price"] == 0.04
    assert found["cost"] is None
    assert "--price is ignored: without a cluster there are no pods to pay for." in done.stdout
    assert found["requests"]["sent"] == pytest.approx(120, abs=5 * math.sqrt(120))


@pytest.mark.load
@pytest.mark.parametrize("arrivals", ["constant", "poisson"])
def test_user_who_waits_at_a_low_rate_notices_a_higher_one(
    serve: Callable[..., str], tmp_path: Path, arrivals: str
) -> None:
    """One request in 100 s is followed by five a second: a user who waited for the first one would send none."""
    table = tmp_path / "traffic.csv"
    table.write_text("time,requests\n0,0.01\n6,5\n")
    words = ["--shape", str(table), "--open", arrivals, "--no-cluster"]
    done = loadtest(*words, "--host", serve(), "--output", str(tmp_path))
    assert done.returncode in {0, 1}, done.stderr
    bound = 6 if arrivals == "constant" else 5 * math.sqrt(30)
    assert summary(tmp_path)["requests"]["sent"] == pytest.approx(30, abs=bound)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--shape", "nothing"], "There is no shape 'nothing'"),
        (["--shape", "nothing.csv"], "nothing.csv"),
        (["--shape", "demo", "--faster", "2"], "is for recorded traffic"),
        (["--shape", "demo", "--scale", "1000"], "at most 20,000"),
        (["shape", "log", "nothing.log"], "nothing.log"),
        (["shape", "prometheus", "http://127.0.0.1:9", "up"], "does not answer"),
    ],
)
@pytest.mark.slow
def test_missing_traffic_is_exit_status_2_with_a_reason(tmp_path: Path, words: list[str], sentence: str) -> None:
    host = [] if words[0] == "shape" else ["--host", "http://127.0.0.1:9", "--no-cluster"]
    done = loadtest(*words, *host, "--output", str(tmp_path / "out"))
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
