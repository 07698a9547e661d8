"""What a fault did, on the synthetic run, in which pods go and requests fail when the test says so."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from loadtest.format import number
from loadtest.report import events, faults, scaling, timeline, verdict
from loadtest.report.faults import Impact
from loadtest.shapes import Shape
from loadtest.users.load_second import LoadSecond
from tests.loadtest import synthetic


def losing(t: int, shape: Shape) -> LoadSecond:
    second = synthetic.load_second(t, shape)
    for _ in range(2 if t in (61, 69) else 0):
        second.count_lost("connection refused")
    if t == 62:
        second.count_correct(700.0, "pod-1")
        second.latency_ms[700.0] += 20
    if t == 75:
        second.count_failed("status 503", "pod-1")
    return second


def fewer(t: int) -> dict[str, Any]:
    line = synthetic.cluster_line(t)
    return line | {"ready": 2} if 61 <= t < 66 else line


def run_with_faults(path: Path, lines: Iterable[dict[str, Any]] = synthetic.FAULTS, **options: Any) -> timeline.Run:
    folder = synthetic.folder(path, synthetic.BROKEN, **options)
    synthetic.lines(folder / "faults.jsonl", lines)
    return timeline.read(folder)


def test_requests_belong_to_the_fault_before_them(tmp_path: Path) -> None:
    first, second = faults.impacts(run_with_faults(tmp_path, load=losing))
    assert (first.lost, first.failed, second.lost, second.failed) == (4, 0, 0, 1)
    assert first.sent == 10 * 500 + 4 + 1
    assert first.worst_p99_ms == 700


def test_pods_are_ready_again_when_there_are_as_many_as_before(tmp_path: Path) -> None:
    first, second = faults.impacts(run_with_faults(tmp_path, cluster=fewer))
    assert (first.ready_again_s, second.ready_again_s) == (6, 0)


def test_pods_that_never_come_back_are_not_ready_again(tmp_path: Path) -> None:
    run = run_with_faults(tmp_path, cluster=lambda t: synthetic.cluster_line(t) | ({"ready": 2} if t > 61 else {}))
    assert [impact.ready_again_s for impact in faults.impacts(run)] == [None, 0]


def test_run_without_a_cluster_or_faults(tmp_path: Path) -> None:
    assert faults.impacts(timeline.read(synthetic.folder(tmp_path / "none"))) == []
    first, _ = faults.impacts(run_with_faults(tmp_path / "alone", cluster=None))
    assert first.ready_again_s is None


def test_fault_is_told_with_its_letter(tmp_path: Path) -> None:
    refused = {"fault": 1, "t": synthetic.ZERO + 70.1, "error": "403 Forbidden"}
    run = run_with_faults(tmp_path, [*synthetic.FAULTS[:2], refused])
    entries = [(entry.mark, entry.text) for entry in events.list_events(run, scaling.analyse(run))]
    assert ("A", "Fault: a pod is deleted (pod-0).") in entries
    assert ("", "The fault drain-node could not be injected: 403 Forbidden") in entries


def test_lasting_fault_is_told_when_it_is_undone(tmp_path: Path) -> None:
    run = run_with_faults(tmp_path)
    entries = [(entry.t, entry.text) for entry in events.list_events(run, scaling.analyse(run))]
    assert [t for t, text in entries if text == "The fault B was undone."] == [run.faults[1].ended]
    assert "The fault A was undone." not in [text for _, text in entries]


def test_summary_has_a_row_for_each_fault(tmp_path: Path) -> None:
    row = faults.impacts(run_with_faults(tmp_path, load=losing))[0]
    assert isinstance(row, Impact)
    found = row.to_dict()
    assert {name: found[name] for name in ("mark", "kind", "what", "t_s", "lost")} == {
        "mark": "A",
        "kind": "delete-pod",
        "what": "pod-0",
        "t_s": 60.2,
        "lost": 4,
    }


def test_a_later_fault_does_not_delay_the_pods_of_an_earlier_one(tmp_path: Path) -> None:
    """Pods are fewer only from 1:15 on, after the second fault."""

    def later(t: int) -> dict[str, Any]:
        return synthetic.cluster_line(t) | ({"ready": 2} if 75 <= t < 85 else {})

    impacts = faults.impacts(run_with_faults(tmp_path, cluster=later))
    assert [impact.ready_again_s for impact in impacts] == [0, 15]


def test_what_a_killed_container_has_to_lose_misses_no_objective(tmp_path: Path) -> None:
    def missed(path: Path, *, lossy: bool) -> list[str]:
        lines = [dict(line, lossy=lossy) if "what" in line else line for line in synthetic.FAULTS]
        run = run_with_faults(path, lines, load=at_once)
        return [result.measurement.text for result in verdict.judge(run, scaling.analyse(run)).missed]

    assert missed(tmp_path / "lossy", lossy=True) == []
    assert missed(tmp_path / "other", lossy=False) == [f"0 failed and 3 lost of {number(33_303)}"]


def test_a_loss_long_after_a_killed_container_misses_the_objective(tmp_path: Path) -> None:
    lines = [dict(line, lossy=True) if "what" in line else line for line in synthetic.FAULTS]
    run = run_with_faults(tmp_path, lines, load=losing)
    (result,) = verdict.judge(run, scaling.analyse(run)).missed
    assert result.measurement.text.startswith("1 failed and 2 lost of ")
    assert result.measurement.text.endswith(", besides 2 that a killed container had to lose")


def at_once(t: int, shape: Shape) -> LoadSecond:
    second = synthetic.load_second(t, shape)
    for _ in range(3 if t == 60 else 0):
        second.count_lost("connection refused")
    return second
