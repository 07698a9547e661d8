import csv
import json
from pathlib import Path

import pytest

from loadtest.report import timeline, timeline_csv
from loadtest.shapes import Shape
from loadtest.users.load_second import LoadSecond
from tests.loadtest import synthetic


def test_both_files_are_joined_on_one_clock(tmp_path: Path) -> None:
    run = timeline.read(synthetic.folder(tmp_path))
    assert [second.t for second in run.seconds] == list(range(-5, 180))
    assert run.duration == 180
    before, at_45 = run.seconds[0], run.seconds[50]
    assert before.load is None
    assert before.cluster is not None
    assert at_45.load is not None
    assert at_45.cluster is not None
    assert (at_45.load.users, at_45.cluster.cpu, at_45.cluster.desired, at_45.cluster.ready) == (50, 200, 3, 1)


def test_unobserved_seconds_stay_empty(tmp_path: Path) -> None:
    def no_ten(t: int, shape: Shape) -> LoadSecond | None:
        return None if t == 10 else synthetic.load_second(t, shape)

    folder = synthetic.folder(tmp_path, load=no_ten, cluster=None)
    run = timeline.read(folder)
    assert run.seconds[10].load is None
    assert not run.observed
    timeline_csv.write(run, tmp_path / "timeline.csv")
    with (tmp_path / "timeline.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert (rows[10]["users"], rows[10]["p99_ms"], rows[10]["cpu_percent"]) == ("", "", "")
    assert (rows[11]["users"], rows[11]["sent"], rows[11]["offered_per_s"]) == ("5", "50", "50")


def test_csv_row_has_all_figures_of_its_second(tmp_path: Path) -> None:
    run = timeline.read(synthetic.folder(tmp_path))
    timeline_csv.write(run, tmp_path / "timeline.csv")
    with (tmp_path / "timeline.csv").open(newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["t_s"] == "60")
    assert row["utc"] == "2026-11-21T20:01:00Z"
    assert row["stage"] == "load"
    assert (row["sent"], row["right"], row["failed"], row["lost"]) == ("500", "500", "0", "0")
    assert (row["p50_ms"], row["p95_ms"], row["p99_ms"]) == ("2.0", "3.0", "3.0")
    assert (row["cpu_percent"], row["target_percent"], row["desired"], row["ready"]) == ("66", "20", "3", "3")
    assert row["pods_requests"] == "pod-0=167;pod-1=167;pod-2=166"
    assert row["pods_millicores"] == "pod-0=66;pod-1=66;pod-2=66"


def test_line_cut_short_is_skipped(tmp_path: Path) -> None:
    folder = synthetic.folder(tmp_path, until=20)
    with (folder / "load.jsonl").open("a") as file:
        file.write('{"t": 17952')
    assert timeline.read(folder).duration == 20


def test_folder_without_load_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(synthetic.plan(synthetic.SHORT, None, interrupted=True)))
    with pytest.raises(ValueError, match=r"has no load: load\.jsonl is missing or"):
        timeline.read(tmp_path)
    (tmp_path / "load.jsonl").write_text('{"start": 1795291200.5, "requests_per_user": 5}\n')
    with pytest.raises(ValueError, match=r"has no load: load\.jsonl is missing or"):
        timeline.read(tmp_path)


def test_events_keep_their_own_time(tmp_path: Path) -> None:
    event = {"object": "pod-1", "reason": "BackOff", "message": "again", "type": "Warning"}

    def line(t: int) -> dict[str, object]:
        at = {**event, "at": synthetic.ZERO + 55.0}
        return synthetic.cluster_line(t) | {"events": [at] if t == 60 else []}

    run = timeline.read(synthetic.folder(tmp_path, cluster=line))
    assert run.events == (timeline.KubernetesEvent(55, "pod-1", "BackOff", "again", warning=True),)
