from pathlib import Path
from typing import Any

import pytest

from loadtest.objectives import OBJECTIVES
from loadtest.report import timeline, verdict
from loadtest.report.verdict import Judged, Verdict
from loadtest.shapes import Shape
from loadtest.users.load_second import LoadSecond
from tests.loadtest import synthetic


def judged(path: Path, **options: Any) -> Verdict:
    return verdict.judge(timeline.read(synthetic.folder(path, **options)))


def one(found: Verdict, key: str) -> Judged:
    return next(judged for judged in found.judged if judged.objective.key == key)


def test_every_objective_is_judged_in_order(tmp_path: Path) -> None:
    assert [judged.objective for judged in judged(tmp_path).judged] == list(OBJECTIVES)


def test_a_good_run_passes(tmp_path: Path) -> None:
    found = judged(tmp_path)
    assert found.passed
    assert found.words == "All 5 objectives held"
    assert [(j.objective.key, j.seen.value) for j in found.judged] == [
        ("latency_p99_ms", 3.0),
        ("error_percent", 0),
        ("decision_s", 10),
        ("ready_s", 12),
        ("minimum_s", 75),
    ]


def test_one_failed_request_misses(tmp_path: Path) -> None:
    def one_bad(t: int, shape: Shape) -> LoadSecond:
        second = synthetic.load_second(t, shape)
        if t == 60:
            second.wrong("status 503", "pod-1")
        return second

    found = judged(tmp_path, load=one_bad)
    assert not found.passed
    assert found.words == "1 of 5 objectives missed"
    assert [j.objective.key for j in found.missed] == ["error_percent"]
    assert one(found, "error_percent").seen.value == pytest.approx(100 / 33301)


def test_slow_answers_miss(tmp_path: Path) -> None:
    def slow(t: int, shape: Shape) -> LoadSecond:
        second = synthetic.load_second(t, shape)
        for _ in range(400 if t == 40 else 0):
            second.right(300.0, "pod-0")
        return second

    assert one(judged(tmp_path, load=slow), "latency_p99_ms").seen.value == 300
    assert not judged(tmp_path, load=slow).passed


def never(t: int) -> dict[str, Any]:
    return synthetic.cluster_line(0) | {"t": synthetic.ZERO + t}


def test_never_scaled_is_observed_and_missed(tmp_path: Path) -> None:
    found = judged(tmp_path, cluster=never)
    assert [j.objective.key for j in found.missed] == ["decision_s", "ready_s", "minimum_s"]
    decision = one(found, "decision_s")
    assert decision.seen.observed
    assert decision.seen.value is None
    assert decision.seen.words == "the autoscaler never scaled up"


def test_pods_that_never_came(tmp_path: Path) -> None:
    def stuck(t: int) -> dict[str, Any]:
        return synthetic.cluster_line(t) | {"ready": 1}

    ready = one(judged(tmp_path, cluster=stuck), "ready_s")
    assert not ready.held
    assert ready.seen.words == "3 pods were never ready"


def test_no_cluster_asks_nothing_of_one(tmp_path: Path) -> None:
    found = judged(tmp_path, cluster=None)
    assert found.passed
    assert found.words == "All 2 objectives held"
    assert [j.asked for j in found.judged] == [True, True, False, False, False]
    assert not one(found, "decision_s").seen.observed


def test_a_cluster_that_fell_silent_fails(tmp_path: Path) -> None:
    """It was asked for, and silence is not a pass."""
    found = judged(tmp_path, cluster=lambda t: {"t": synthetic.ZERO + t, "missing": "timed out"})
    assert [j.objective.key for j in found.missed] == ["decision_s", "ready_s", "minimum_s"]
    assert one(found, "ready_s").seen.words == "the cluster was not observed"


def test_a_shape_that_does_not_scale_is_not_asked_to(tmp_path: Path) -> None:
    steady = Shape("soak", "", synthetic.STAGES, scales=False)
    found = judged(tmp_path, shape=steady, cluster=never)
    assert found.passed
    assert sum(j.asked for j in found.judged) == 2


def test_interrupted_never_passes(tmp_path: Path) -> None:
    found = judged(tmp_path, until=70, interrupted=True, cluster=None)
    assert found.missed == ()
    assert not found.passed
    assert found.words.startswith("Interrupted")


@pytest.mark.parametrize("cut", ["short", "endless", "plan"])
def test_a_run_that_was_cut_short_never_passes(tmp_path: Path, cut: str) -> None:
    """Locust was stopped by someone, was killed, or the recorder was."""
    folder = synthetic.folder(tmp_path, until=170 if cut == "short" else None, interrupted=cut == "plan", cluster=None)
    load = folder / "load.jsonl"
    if cut == "endless":
        load.write_text("".join(load.read_text().splitlines(keepends=True)[:-1]))
    found = verdict.judge(timeline.read(folder))
    assert found.interrupted
    assert not found.passed


def test_no_request_at_all_fails(tmp_path: Path) -> None:
    found = judged(tmp_path, load=lambda t, _: LoadSecond(synthetic.ZERO + t), cluster=None)
    assert [j.seen.observed for j in found.missed] == [False, False]
    assert not found.passed
