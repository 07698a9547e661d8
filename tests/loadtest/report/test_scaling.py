"""Figures of the synthetic run: 5 users; 50 from 0:30; decision 0:40; 3 pods 0:52; 2 users from 1:30; 1 pod 2:45."""

from pathlib import Path
from typing import Any

import pytest

from loadtest.report import scaling, timeline
from loadtest.shapes import Shape, Stage
from loadtest.users.load_second import LoadSecond
from tests.loadtest import synthetic


def run_of(path: Path, **options: Any) -> timeline.Run:
    return timeline.read(synthetic.folder(path, **options))


def scaling_of(path: Path, **options: Any) -> scaling.Scaling:
    return scaling.analyse(run_of(path, **options))


def test_decisions(tmp_path: Path) -> None:
    up, down = scaling_of(tmp_path).decisions
    assert up == scaling.Decision(t=40, before=1, after=3, cpu=200, target=20, uncertainty=0, done=52)
    assert down == scaling.Decision(t=160, before=3, after=1, cpu=4, target=20, uncertainty=0, done=165)


def test_decision_in_an_unobserved_stretch_is_dated_late_with_its_uncertainty(tmp_path: Path) -> None:
    up, _ = scaling_of(tmp_path, cluster=synthetic.blind(38, 43)).decisions
    assert (up.t, up.uncertainty) == (44, 6)


def test_zero_desired_replicas_are_not_a_decision(tmp_path: Path) -> None:
    """A new autoscaler asks for 0 replicas until it has read the metrics."""

    def line(t: int) -> dict[str, Any]:
        state = synthetic.cluster_line(t)
        return state | {"hpa": state["hpa"] | {"desired": 0 if t < 10 else 1}}

    assert scaling_of(tmp_path, cluster=line).decisions == ()


def test_load_step_and_return_to_the_minimum(tmp_path: Path) -> None:
    found = scaling_of(tmp_path)
    assert found.load_step == 30
    assert found.load_gone == 90
    assert found.back_at_minimum == 165
    assert found.peak == (3, 52)


def test_staircase_is_measured_from_its_first_step(tmp_path: Path) -> None:
    """Measure it not from the step at 0:38, two seconds before the decision."""
    stairs = (Stage("warm-up", 30, 5), Stage("some", 8, 20), Stage("more", 52, 50), Stage("cool-down", 90, 2))
    assert scaling_of(tmp_path, shape=Shape("step", "", stairs)).load_step == 30


def started_at_three(down: int) -> Any:
    """Return three pods from before the load, one from `down` on, then the synthetic scale-up."""

    def line(t: int) -> dict[str, Any]:
        return synthetic.cluster_line(100 if t < down else t) | {"t": synthetic.ZERO + t}

    return line


def test_peak_of_a_run_that_begins_with_more_pods_is_after_the_load_step(tmp_path: Path) -> None:
    assert scaling_of(tmp_path, cluster=started_at_three(down=10)).peak == (3, 52)


@pytest.mark.parametrize(("down", "step"), [(10, 30), (35, 35)])
def test_measurement_begins_at_a_scale_down_after_the_load_step(tmp_path: Path, down: int, step: int) -> None:
    assert scaling_of(tmp_path, cluster=started_at_three(down)).load_step == step


def test_short_return_to_the_minimum_does_not_count(tmp_path: Path) -> None:
    def again(t: int) -> dict[str, Any]:
        return synthetic.cluster_line(100 if t >= 170 else t) | {"t": synthetic.ZERO + t}

    assert scaling_of(tmp_path, cluster=again).back_at_minimum is None


def test_run_that_ends_under_load_has_no_return_to_the_minimum(tmp_path: Path) -> None:
    found = scaling_of(tmp_path, until=80)
    assert found.back_at_minimum is None
    assert found.load_gone is None


def slow_at(*seconds: int) -> Any:
    """Return the synthetic load, with a p99 of 400 ms in these seconds."""

    def load(t: int, shape: Shape) -> LoadSecond:
        second = synthetic.load_second(t, shape)
        for _ in range(50 if t in seconds else 0):
            second.count_correct(400.0, "pod-0")
        return second

    return load


def test_recovery_takes_ten_good_seconds_in_a_row(tmp_path: Path) -> None:
    found = scaling_of(tmp_path, load=slow_at(*range(31, 36), 40))
    assert found.violated == 31
    assert found.recovered == 41


@pytest.mark.parametrize(("slow", "violated"), [(29, None), (30, 30), (62, 62), (63, None), (126, None)])
def test_only_slow_seconds_during_the_scale_up_are_violations(tmp_path: Path, slow: int, violated: int | None) -> None:
    """It lasts from the load step at 0:30 to ten seconds after the pods were ready, at 0:52."""
    assert scaling_of(tmp_path, load=slow_at(slow)).violated == violated


@pytest.mark.parametrize(("slow", "violated"), [(89, 89), (90, None)])
def test_without_a_scale_up_slow_seconds_of_the_load_stage_are_violations(
    tmp_path: Path, slow: int, violated: int | None
) -> None:
    assert scaling_of(tmp_path, load=slow_at(slow), cluster=None).violated == violated


def test_end_of_the_load_is_no_recovery(tmp_path: Path) -> None:
    """It ends at 1:30: ten good seconds before that are needed."""
    assert scaling_of(tmp_path / "a", load=slow_at(*range(31, 80))).recovered == 80
    assert scaling_of(tmp_path / "b", load=slow_at(*range(31, 81))).recovered is None


def test_run_that_stays_slow_never_recovers(tmp_path: Path) -> None:
    found = scaling_of(tmp_path, load=slow_at(*range(30, 180, 5)))
    assert (found.violated, found.recovered) == (30, None)


@pytest.mark.parametrize("wrong", ["failed", "lost", "silent"])
def test_failed_lost_and_missing_responses_are_violations(tmp_path: Path, wrong: str) -> None:
    def one_bad(t: int, shape: Shape) -> LoadSecond:
        second = synthetic.load_second(t, shape)
        if t == 33:
            if wrong == "failed":
                second.count_failed("status 503", "pod-0")
            elif wrong == "lost":
                second.count_lost("no answer: timeout")
            else:
                return LoadSecond(second.t, users=50)
        return second

    assert scaling_of(tmp_path, load=one_bad).violated == 33
