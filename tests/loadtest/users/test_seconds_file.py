"""The seconds of several processes become the lines of one file."""

import json
from pathlib import Path
from typing import Any

from loadtest.users.load_second import LoadSecond
from loadtest.users.seconds_file import SecondsFile


def line(t: int, users: int = 1) -> dict[str, Any]:
    """Return a second as it arrives from another process."""
    second = LoadSecond(t, users=users)
    second.count_correct(users, "pod")
    sent: dict[str, Any] = json.loads(json.dumps(second.to_dict()))
    return sent


def written(path: Path) -> list[dict[str, Any]]:
    return [json.loads(text) for text in path.read_text().splitlines()]


def test_second_is_written_when_all_processes_have_sent_it(tmp_path: Path) -> None:
    file = SecondsFile(tmp_path / "load.jsonl", ["a", "b"], 5)
    file.receive("a", line(10, users=2))
    file.receive("a", line(11, users=4))
    assert len(written(tmp_path / "load.jsonl")) == 1
    file.receive("b", line(10, users=3))
    first, second = written(tmp_path / "load.jsonl")
    assert first["requests_per_user"] == 5
    assert (second["t"], second["users"], second["sent"]) == (10, 5, 2)
    assert second["latency_ms"] == {"2": 1, "3": 1}


def test_process_may_begin_or_end_later_than_others(tmp_path: Path) -> None:
    file = SecondsFile(tmp_path / "load.jsonl", ["a", "b"], None)
    for process, content in [("a", line(10)), ("b", line(11)), ("a", line(11)), ("a", {}), ("b", line(12))]:
        file.receive(process, content)
    assert file.unfinished == {"b"}
    file.receive("b", {})
    _, *seconds, last = written(tmp_path / "load.jsonl")
    assert [(second["t"], second["sent"]) for second in seconds] == [(10, 1), (11, 2), (12, 1)]
    assert last.keys() == {"end"}


def test_lost_process_leaves_no_second_without_its_part(tmp_path: Path) -> None:
    file = SecondsFile(tmp_path / "load.jsonl", ["a", "b"], None)
    for process, content in [("a", line(10)), ("b", line(10)), ("a", line(11)), ("a", {})]:
        file.receive(process, content)
    _, *seconds = written(tmp_path / "load.jsonl")
    assert [second["t"] for second in seconds] == [10]
