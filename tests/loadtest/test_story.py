from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loadtest import story, timeline
from loadtest.seconds import LoadSecond
from loadtest.shapes import Shape
from loadtest.words import clock
from tests.loadtest import synthetic


def run_of(path: Path, **options: Any) -> timeline.Run:
    return timeline.read(synthetic.folder(path, **options))


def told(path: Path, **options: Any) -> list[str]:
    return [f"{clock(line.t)} {line.text} {line.detail}".rstrip() for line in story.tell(run_of(path, **options))]


def test_the_story_of_a_good_run(tmp_path: Path) -> None:
    assert told(tmp_path) == [
        "0:00 The load began with 5 users, about 50 requests/s; 1 pod ready, CPU at 8 % of request (target 20 %).",
        "0:30 The load rose to 50 users, about 500 requests/s.",
        "0:40 CPU was 200 % of request, target 20 %: 1 → 3. 1 × 200 ÷ 20 asks for 10 pods, 3 allowed.",
        "0:52 3 pods ready, 12 s after the decision.",
        "1:30 The load fell to 2 users, about 20 requests/s.",
        (
            "2:40 CPU was 4 % of request, target 20 %: 3 → 1. "
            "3 × 4 ÷ 20 asks for 1 pod, and so it did for the 60 s before."
        ),
        "2:45 Down to 1 pod, 5 s after the decision.",
        "3:00 The load ended.",
    ]


def test_decisions_are_numbered_as_in_the_chart(tmp_path: Path) -> None:
    marks = [(line.mark, line.t) for line in story.tell(run_of(tmp_path)) if line.mark]
    assert marks == [(1, 40), (2, 160)]


def test_failures_are_told_with_their_reasons(tmp_path: Path) -> None:
    def bad(t: int, shape: Shape) -> LoadSecond:
        second = synthetic.load_second(t, shape)
        for _ in range(2 if t in {60, 63} else 0):
            second.wrong("status 503", "pod-1")
        if t == 63:
            second.unanswered("no answer: ConnectionResetError")
        return second

    words = "5 requests went wrong between 1:00 and 1:03: status 503 (4); no answer: ConnectionResetError (1)."
    assert f"1:00 {words}" in told(tmp_path, load=bad)


def test_an_interrupted_run_says_when(tmp_path: Path) -> None:
    assert told(tmp_path, until=70, interrupted=True)[-1] == "1:10 Interrupted at 1:10 of 3:00."


def test_without_a_cluster_only_the_load_is_told(tmp_path: Path) -> None:
    assert told(tmp_path, cluster=None) == [
        "0:00 The load began with 5 users, about 50 requests/s.",
        "0:30 The load rose to 50 users, about 500 requests/s.",
        "1:30 The load fell to 2 users, about 20 requests/s.",
        "3:00 The load ended.",
    ]


def test_pods_that_never_came_are_told(tmp_path: Path) -> None:
    def stuck(t: int) -> dict[str, Any]:
        state = synthetic.cluster_line(t)
        return state | {"deployment": state["deployment"] | {"ready": 1}}

    assert any("3 pods were never ready at once." in line for line in told(tmp_path, cluster=stuck))


def test_warnings_are_told_once_a_kind(tmp_path: Path) -> None:
    def warned(t: int) -> dict[str, Any]:
        event = {"at": synthetic.ZERO + t, "object": "pod-1", "kind": "Pod", "reason": "Unhealthy"}
        message = "Startup probe failed" if t == 44 else "Readiness probe failed"
        event |= {"message": message, "type": "Normal" if t == 48 else "Warning"}
        return synthetic.cluster_line(t) | {"events": [event] if 44 <= t <= 48 else []}

    warnings = [line for line in told(tmp_path, cluster=warned) if "warned" in line]
    assert warnings == ["0:45 Kubernetes warned (3 times): Unhealthy, pod-1: Readiness probe failed"]


def test_limits_name_the_unseen_seconds(tmp_path: Path) -> None:
    def line(t: int) -> dict[str, Any]:
        missing = t in {70, 71, 72, 100}
        return {"t": synthetic.ZERO + t, "missing": "timed out"} if missing else synthetic.cluster_line(t)

    said = story.limits(run_of(tmp_path, cluster=line))
    assert "The cluster was not seen for 4 seconds (1:10–1:12 and 1:40): the chart leaves them empty." in said


@pytest.mark.parametrize(
    ("used", "doubted"),
    [
        ({"generator_cpu": 0.3, "late_ms": 3.0, "machine_busy": 0.8}, False),
        ({"generator_cpu": 0.3, "late_ms": 3.0, "machine_busy": None}, False),
        ({"generator_cpu": 0.97}, True),
        ({"late_ms": 80.0}, True),
        ({"machine_busy": 1.0}, True),
    ],
)
def test_limits_doubt_a_load_generator_short_of_cpu(tmp_path: Path, used: dict[str, Any], *, doubted: bool) -> None:
    def busy(t: int, shape: Shape) -> LoadSecond:
        return replace(synthetic.load_second(t, shape), **used)

    said = " ".join(story.limits(run_of(tmp_path, load=busy)))
    assert ("short of CPU" in said) is doubted
