from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loadtest.objectives import OBJECTIVES
from loadtest.report import scaling, timeline, verdict
from loadtest.report.verdict import ObjectiveResult, Verdict
from loadtest.shapes import Shape, Stage
from loadtest.users.load_second import LoadSecond
from tests.loadtest import synthetic


def judge_folder(folder: Path) -> Verdict:
    run = timeline.read(folder)
    return verdict.judge(run, scaling.analyse(run))


def verdict_of(path: Path, **options: Any) -> Verdict:
    return judge_folder(synthetic.folder(path, **options))


def result_of(found: Verdict, key: str) -> ObjectiveResult:
    return next(result for result in found.results if result.objective.key == key)


def test_every_objective_is_judged_in_order(tmp_path: Path) -> None:
    assert [result.objective for result in verdict_of(tmp_path).results] == list(OBJECTIVES)


def test_good_run_passes(tmp_path: Path) -> None:
    found = verdict_of(tmp_path)
    assert found.passed
    assert found.text == "All 5 objectives held"
    assert [(result.objective.key, result.measurement.value) for result in found.results] == [
        ("latency_p99_ms", 3.0),
        ("error_percent", 0),
        ("late_percent", None),
        ("decision_s", 10),
        ("ready_s", 12),
        ("held_again_s", 0),
        ("minimum_s", 75),
    ]


def test_one_failed_request_misses_the_error_objective(tmp_path: Path) -> None:
    def one_bad(t: int, shape: Shape) -> LoadSecond:
        second = synthetic.load_second(t, shape)
        if t == 60:
            second.count_failed("status 503", "pod-1")
        return second

    found = verdict_of(tmp_path, load=one_bad)
    assert not found.passed
    assert found.text == "1 of 5 objectives missed"
    assert [result.objective.key for result in found.missed] == ["error_percent"]
    assert result_of(found, "error_percent").measurement.value == pytest.approx(100 / 33301)


@pytest.mark.slow
@pytest.mark.parametrize(("failures", "held"), [(86, True), (87, False)])
def test_one_request_in_ten_thousand_may_fail_in_a_day(tmp_path: Path, failures: int, held: bool) -> None:
    def some_bad(t: int, shape: Shape) -> LoadSecond:
        second = synthetic.load_second(t, shape)
        if t < failures:
            second.count_failed("status 502", "pod-1")
        return second

    day = Shape("soak", "", (Stage("soak", 24 * 3600, 1),), scales=False)
    found = result_of(verdict_of(tmp_path, shape=day, cluster=None, load=some_bad), "error_percent")
    assert found.held is held
    assert "99.99 %" in found.objective.name
    assert f"availability of {100 - 100 * failures / (864_000 + failures):.4f} %" in found.measurement.text


def test_slow_responses_miss_the_latency_objective(tmp_path: Path) -> None:
    def slow(t: int, shape: Shape) -> LoadSecond:
        second = synthetic.load_second(t, shape)
        for _ in range(400 if t == 40 else 0):
            second.count_correct(300.0, "pod-0")
        return second

    assert result_of(verdict_of(tmp_path, load=slow), "latency_p99_ms").measurement.value == 300
    assert not verdict_of(tmp_path, load=slow).passed


def idle_cluster(t: int) -> dict[str, Any]:
    return synthetic.cluster_line(0) | {"t": synthetic.ZERO + t}


def test_run_without_a_scale_up_misses_the_scaling_objectives(tmp_path: Path) -> None:
    found = verdict_of(tmp_path, cluster=idle_cluster)
    assert [result.objective.key for result in found.missed] == ["decision_s", "ready_s", "minimum_s"]
    decision = result_of(found, "decision_s")
    assert decision.measurement.observed
    assert decision.measurement.value is None
    assert decision.measurement.text == "the autoscaler never scaled up"


def test_pods_that_never_became_ready_miss_their_objective(tmp_path: Path) -> None:
    def stuck(t: int) -> dict[str, Any]:
        return synthetic.cluster_line(t) | {"ready": 1}

    ready = result_of(verdict_of(tmp_path, cluster=stuck), "ready_s")
    assert not ready.held
    assert ready.measurement.text == "3 pods were never ready at once"


def test_without_a_cluster_the_scaling_objectives_do_not_apply(tmp_path: Path) -> None:
    found = verdict_of(tmp_path, cluster=None)
    assert found.passed
    assert found.text == "All 2 objectives held"
    assert [result.applies for result in found.results] == [True, True, False, False, False, False, False]
    assert not result_of(found, "decision_s").measurement.observed


def test_cluster_that_could_not_be_observed_misses_the_scaling_objectives(tmp_path: Path) -> None:
    """A cluster was given, and no observation is not a pass."""
    found = verdict_of(tmp_path, cluster=lambda t: {"t": synthetic.ZERO + t, "missing": "timed out"})
    assert [result.objective.key for result in found.missed] == ["decision_s", "ready_s", "minimum_s"]
    assert result_of(found, "ready_s").measurement.text == "the cluster was not observed"


def test_scaling_objectives_do_not_apply_to_a_steady_shape(tmp_path: Path) -> None:
    steady = Shape("soak", "", synthetic.STAGES, scales=False)
    found = verdict_of(tmp_path, shape=steady, cluster=idle_cluster)
    assert found.passed
    assert sum(result.applies for result in found.results) == 2


def open_run(path: Path, late: int) -> Verdict:
    """Judge a run by schedule in which `late` of 33 300 requests were sent late."""

    def load(t: int, shape: Shape) -> LoadSecond:
        return replace(synthetic.load_second(t, shape), sent_late=late if t == 50 else 0)

    run = timeline.read(synthetic.folder(path, load=load))
    run = replace(run, plan={**run.plan, "open": "constant"})
    return verdict.judge(run, scaling.analyse(run))


@pytest.mark.parametrize(("late", "passed"), [(0, True), (333, True), (334, False)])
def test_load_generator_that_falls_behind_fails_the_run(tmp_path: Path, late: int, *, passed: bool) -> None:
    found = open_run(tmp_path, late)
    assert found.passed is passed
    assert result_of(found, "late_percent").applies
    assert ("the load generator is the cause" in result_of(found, "late_percent").measurement.text) is bool(late)


def saturated(path: Path, slow: range, **options: Any) -> Verdict:
    """Judge a run of a shape that saturates, with a p99 of 400 ms in these seconds."""

    def load(t: int, shape: Shape) -> LoadSecond:
        second = synthetic.load_second(t, shape)
        for _ in range(500 if t in slow else 0):
            second.count_correct(400.0, "pod-0")
        return second

    return verdict_of(path, load=load, shape=Shape("saturate", "", synthetic.STAGES, saturates=True), **options)


def test_shape_that_saturates_is_judged_by_when_the_objectives_hold_again(tmp_path: Path) -> None:
    found = saturated(tmp_path, range(31, 60))
    assert found.passed
    assert not result_of(found, "latency_p99_ms").applies
    assert result_of(found, "held_again_s").measurement.value == 30
    assert result_of(found, "held_again_s").measurement.text == "broken at 0:31, held again from 1:00"


def test_load_that_the_fewest_pods_carry_says_how_to_send_more(tmp_path: Path) -> None:
    text = result_of(saturated(tmp_path, range(0), cluster=idle_cluster), "held_again_s").measurement.text
    assert text == "they held throughout, and the fewest pods carried the load: a higher --scale sends more"


@pytest.mark.parametrize("cluster", [synthetic.cluster_line, None])
def test_load_for_which_pods_were_added_or_are_not_known_was_not_carried_by_the_fewest(
    tmp_path: Path, cluster: Callable[[int], dict[str, Any]] | None
) -> None:
    text = result_of(saturated(tmp_path, range(0), cluster=cluster), "held_again_s").measurement.text
    assert text == "they held throughout"


@pytest.mark.parametrize(("slow", "value"), [(range(31, 80), 50), (range(31, 180), None)])
def test_objectives_that_stay_broken_are_missed(tmp_path: Path, slow: range, value: int | None) -> None:
    found = saturated(tmp_path, slow)
    assert [result.objective.key for result in found.missed] == ["held_again_s"]
    assert result_of(found, "held_again_s").measurement.value == value


def test_interrupted_never_passes(tmp_path: Path) -> None:
    found = verdict_of(tmp_path, until=70, interrupted=True, cluster=None)
    assert found.missed == ()
    assert not found.passed
    assert found.text.startswith("Interrupted")


@pytest.mark.parametrize("cut", ["short", "endless", "plan"])
def test_run_that_was_cut_short_never_passes(tmp_path: Path, cut: str) -> None:
    """Somebody stopped Locust, or Locust or the recorder was killed."""
    folder = synthetic.folder(tmp_path, until=170 if cut == "short" else None, interrupted=cut == "plan", cluster=None)
    load = folder / "load.jsonl"
    if cut == "endless":
        load.write_text("".join(load.read_text().splitlines(keepends=True)[:-1]))
    found = judge_folder(folder)
    assert found.interrupted
    assert not found.passed


def test_run_without_any_request_fails(tmp_path: Path) -> None:
    found = verdict_of(tmp_path, load=lambda t, _: LoadSecond(synthetic.ZERO + t), cluster=None)
    assert [result.measurement.observed for result in found.missed] == [False, False]
    assert not found.passed
