import json
from pathlib import Path
from typing import Any

from loadtest.format import clock
from loadtest.report import events, scaling, timeline
from loadtest.shapes import Shape
from loadtest.users.load_second import LoadSecond
from tests.loadtest import synthetic


def run_of(path: Path, **options: Any) -> timeline.Run:
    return timeline.read(synthetic.folder(path, **options))


def entries_of(run: timeline.Run) -> list[events.Entry]:
    return events.list_events(run, scaling.analyse(run))


def lines_of(path: Path, **options: Any) -> list[str]:
    entries = entries_of(run_of(path, **options))
    return [f"{clock(entry.t)} {entry.text} {entry.detail}".rstrip() for entry in entries]


def test_good_run_is_told_in_order(tmp_path: Path) -> None:
    assert lines_of(tmp_path) == [
        "0:00 The load began with 5 users, about 50 requests/s; 1 pod ready, CPU at 8 % of the request (target 20 %).",
        "0:30 The load rose to 50 users, about 500 requests/s.",
        "0:40 CPU was 200 % of the request, target 20 %: 1 → 3. 1 × 200 ÷ 20 calls for 10 pods; the maximum is 3.",
        "0:52 3 pods ready, 12 s after the decision.",
        "1:30 The load fell to 2 users, about 20 requests/s.",
        (
            "2:40 CPU was 4 % of the request, target 20 %: 3 → 1. "
            "3 × 4 ÷ 20 calls for 1 pod, and no more was needed for the 60 s before."
        ),
        "2:45 Down to 1 pod, 5 s after the decision.",
        "3:00 The load ended.",
    ]


def down_to_two(t: int) -> dict[str, Any]:
    """Return the synthetic cluster, which goes from three pods to two and no further."""
    state = synthetic.cluster_line(100 if t >= 160 else t) | {"t": synthetic.ZERO + t}
    return state | {"hpa": state["hpa"] | {"desired": 2, "cpu": 4}} if t >= 160 else state


def test_scale_down_is_explained_by_the_reading_and_the_limits(tmp_path: Path) -> None:
    """It needed one pod at this reading, and kept two because of an earlier one."""
    reading = "3 × 4 ÷ 20 calls for 1 pod"
    text = " ".join(lines_of(tmp_path / "open", cluster=down_to_two))
    assert f"3 → 2. {reading}; the most that was needed in the last 60 s was 2." in text
    bound = synthetic.folder(tmp_path / "bound", cluster=down_to_two)
    plan = json.loads((bound / "plan.json").read_text())
    plan["cluster"]["hpa"] = {"minReplicas": 2, "maxReplicas": 3, "behavior": {}}
    (bound / "plan.json").write_text(json.dumps(plan))
    details = [entry.detail for entry in entries_of(timeline.read(bound))]
    assert f"{reading}; the minimum is 2." in details


def test_restarts_are_listed_with_their_reason(tmp_path: Path) -> None:
    def killed(t: int) -> dict[str, Any]:
        state = synthetic.cluster_line(t)
        state["pods"][0] |= {"restarts": 3 + (t >= 70), "ended": "OOMKilled" if t >= 70 else "Completed"}
        return state

    restarts = [line for line in lines_of(tmp_path, cluster=killed) if "restarted" in line]
    assert restarts == ["1:10 pod-0 was restarted after its container had ended (OOMKilled)."]


def test_decisions_are_numbered_as_in_the_chart(tmp_path: Path) -> None:
    marks = [(entry.mark, entry.t) for entry in entries_of(run_of(tmp_path)) if entry.mark]
    assert marks == [("1", 40), ("2", 160)]


def test_failures_are_listed_with_their_reasons(tmp_path: Path) -> None:
    def bad(t: int, shape: Shape) -> LoadSecond:
        second = synthetic.load_second(t, shape)
        for _ in range(2 if t in {60, 63} else 0):
            second.count_failed("status 503", "pod-1")
        if t == 63:
            second.count_lost("no answer: ConnectionResetError")
        return second

    line = "5 requests failed or got lost between 1:00 and 1:03: status 503 (4); no answer: ConnectionResetError (1)."
    assert f"1:00 {line}" in lines_of(tmp_path, load=bad)


def test_interrupted_run_says_when(tmp_path: Path) -> None:
    assert lines_of(tmp_path, until=70, interrupted=True)[-1] == "1:10 Interrupted at 1:10 of 3:00."


def test_without_a_cluster_only_the_load_is_listed(tmp_path: Path) -> None:
    assert lines_of(tmp_path, cluster=None) == [
        "0:00 The load began with 5 users, about 50 requests/s.",
        "0:30 The load rose to 50 users, about 500 requests/s.",
        "1:30 The load fell to 2 users, about 20 requests/s.",
        "3:00 The load ended.",
    ]


def test_pods_that_never_became_ready_are_listed(tmp_path: Path) -> None:
    def stuck(t: int) -> dict[str, Any]:
        return synthetic.cluster_line(t) | {"ready": 1}

    assert any("3 pods were never ready at once." in line for line in lines_of(tmp_path, cluster=stuck))


def test_each_kind_of_warning_is_listed_once(tmp_path: Path) -> None:
    def warned(t: int) -> dict[str, Any]:
        event = {"at": synthetic.ZERO + t, "object": "pod-1", "reason": "Unhealthy"}
        message = "Startup probe failed" if t == 44 else "Readiness probe failed"
        event |= {"message": message, "type": "Normal" if t == 48 else "Warning"}
        return synthetic.cluster_line(t) | {"events": [event] if 44 <= t <= 48 else []}

    warnings = [line for line in lines_of(tmp_path, cluster=warned) if "warned" in line]
    assert warnings == ["0:45 Kubernetes warned (3 times): Unhealthy, pod-1: Readiness probe failed"]
