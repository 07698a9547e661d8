"""Figures of the hand-made run: 5 users; 50 from 0:30; decision 0:40; 3 pods 0:52; 2 users from 1:30; 1 pod 2:45."""

from pathlib import Path
from typing import Any

import pytest

from loadtest.report import scaling, timeline
from loadtest.shapes import Shape, Stage
from loadtest.users.load_second import LoadSecond
from tests.loadtest import synthetic


def run_of(path: Path, **options: Any) -> timeline.Run:
    return timeline.read(synthetic.folder(path, **options))


def blind(first: int, last: int) -> Any:
    """The hand-made cluster, not seen from second `first` to `last`."""

    def line(t: int) -> dict[str, Any]:
        return {"t": synthetic.ZERO + t, "missing": "timed out"} if first <= t <= last else synthetic.cluster_line(t)

    return line


def test_decisions(tmp_path: Path) -> None:
    up, down = scaling.decisions(run_of(tmp_path).moments)
    assert up == scaling.Decision(t=40, before=1, after=3, cpu=200, target=20, unsure=0, done=52)
    assert down == scaling.Decision(t=160, before=3, after=1, cpu=4, target=20, unsure=0, done=165)


def test_a_decision_in_an_unseen_stretch_is_dated_late_and_says_so(tmp_path: Path) -> None:
    up, _ = scaling.decisions(run_of(tmp_path, cluster=blind(38, 43)).moments)
    assert (up.t, up.unsure) == (44, 6)


def test_not_yet_decided_is_no_decision(tmp_path: Path) -> None:
    """An autoscaler that has just been made asks for 0 replicas until it has looked."""

    def line(t: int) -> dict[str, Any]:
        state = synthetic.cluster_line(t)
        return state | {"hpa": state["hpa"] | {"desired": 0 if t < 10 else 1}}

    assert scaling.decisions(run_of(tmp_path, cluster=line).moments) == []


def test_step_and_return(tmp_path: Path) -> None:
    run = run_of(tmp_path)
    assert scaling.load_step(run) == 30
    assert scaling.load_gone(run) == 90
    assert scaling.back_at_minimum(run) == 165
    assert scaling.peak(run) == (3, 52)


def test_a_staircase_is_measured_from_its_first_step(tmp_path: Path) -> None:
    """Not from the one at 0:38, two seconds before the decision."""
    stairs = (Stage("warm-up", 30, 5), Stage("some", 8, 20), Stage("more", 52, 50), Stage("cool-down", 90, 2))
    assert scaling.load_step(run_of(tmp_path, shape=Shape("step", "", stairs))) == 30


def started_at_three(down: int) -> Any:
    """Three pods that were there before the load, one from `down` on, then the hand-made scale-up."""

    def line(t: int) -> dict[str, Any]:
        return synthetic.cluster_line(100 if t < down else t) | {"t": synthetic.ZERO + t}

    return line


def test_a_run_that_begins_with_more_pods_has_its_peak_after_the_step(tmp_path: Path) -> None:
    assert scaling.peak(run_of(tmp_path, cluster=started_at_three(down=10))) == (3, 52)


@pytest.mark.parametrize(("down", "step"), [(10, 30), (35, 35)])
def test_a_late_scale_down_is_where_the_autoscaler_began_anew(tmp_path: Path, down: int, step: int) -> None:
    assert scaling.load_step(run_of(tmp_path, cluster=started_at_three(down))) == step


def test_back_for_a_moment_is_not_back(tmp_path: Path) -> None:
    def again(t: int) -> dict[str, Any]:
        return synthetic.cluster_line(100 if t >= 170 else t) | {"t": synthetic.ZERO + t}

    assert scaling.back_at_minimum(run_of(tmp_path, cluster=again)) is None


def test_never_down_before_the_load_went(tmp_path: Path) -> None:
    assert scaling.back_at_minimum(run_of(tmp_path, until=80)) is None
    assert scaling.load_gone(run_of(tmp_path, until=80)) is None


def slow_at(*seconds: int) -> Any:
    """The hand-made load, with a p99 of 400 ms in these seconds."""

    def load(t: int, shape: Shape) -> LoadSecond:
        second = synthetic.load_second(t, shape)
        for _ in range(50 if t in seconds else 0):
            second.right(400.0, "pod-0")
        return second

    return load


def test_held_again_wants_ten_good_seconds_in_a_row(tmp_path: Path) -> None:
    run = run_of(tmp_path, load=slow_at(*range(31, 36), 40))
    assert scaling.broken(run, 250) == 31
    assert scaling.held_again(run, 250, since=31) == 41


@pytest.mark.parametrize(("slow", "broken"), [(29, None), (30, 30), (62, 62), (63, None), (126, None)])
def test_a_slow_second_before_or_long_after_the_scale_up_is_not_its_doing(
    tmp_path: Path, slow: int, broken: int | None
) -> None:
    """From the load step at 0:30 to ten seconds after the pods were ready, at 0:52."""
    assert scaling.broken(run_of(tmp_path, load=slow_at(slow)), 250) == broken


@pytest.mark.parametrize(("slow", "broken"), [(89, 89), (90, None)])
def test_without_a_scale_up_the_stage_of_the_step_counts(tmp_path: Path, slow: int, broken: int | None) -> None:
    assert scaling.broken(run_of(tmp_path, load=slow_at(slow), cluster=None), 250) == broken


def test_never_held_again(tmp_path: Path) -> None:
    run = run_of(tmp_path, load=slow_at(*range(30, 180, 5)))
    assert scaling.held_again(run, 250, since=30) is None


@pytest.mark.parametrize("wrong", ["failed", "lost", "silent"])
def test_failures_and_silence_break_the_objectives(tmp_path: Path, wrong: str) -> None:
    def one_bad(t: int, shape: Shape) -> LoadSecond:
        second = synthetic.load_second(t, shape)
        if t == 33:
            if wrong == "failed":
                second.wrong("status 503", "pod-0")
            elif wrong == "lost":
                second.unanswered("no answer: timeout")
            else:
                return LoadSecond(second.t, users=50)
        return second

    assert scaling.broken(run_of(tmp_path, load=one_bad), 250) == 33


def test_shares_add_up(tmp_path: Path) -> None:
    shares = scaling.shares(run_of(tmp_path))
    requests = 30 * 50 + 60 * 500 + 90 * 20
    assert [share.pod for share in shares] == ["pod-0", "pod-1", "pod-2"]
    assert sum(share.requests for share in shares) == requests
    assert sum(share.fair for share in shares) == pytest.approx(requests)
    assert [share.ready_seconds for share in shares] == [180, 108, 108]  # leaving from 2:40: no traffic is due
    assert [share.seconds for share in shares] == [180, 125, 125]  # 0:40 to 2:45
    assert shares[0].fair == pytest.approx(30 * 50 + 22 * 500 + 38 * 500 / 3 + 70 * 20 / 3 + 20 * 20)


def test_an_unseen_stretch_counts_pods_that_were_there_before_and_after(tmp_path: Path) -> None:
    whole = scaling.shares(run_of(tmp_path / "whole"))
    gappy = scaling.shares(run_of(tmp_path / "gappy", cluster=blind(100, 120)))
    assert gappy == whole


def test_an_unseen_stretch_invents_no_pod(tmp_path: Path) -> None:
    """Pods that came within it count from the first second in which they were seen."""
    shares = scaling.shares(run_of(tmp_path, cluster=blind(38, 60)))
    assert [share.seconds for share in shares] == [180, 165 - 61, 165 - 61]


def test_without_a_cluster_requests_are_still_told_by_pod(tmp_path: Path) -> None:
    shares = scaling.shares(run_of(tmp_path, cluster=None))
    assert sum(share.requests for share in shares) == 33300
    assert all(share.fair == share.seconds == 0 for share in shares)
