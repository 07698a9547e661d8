"""Figures of the hand-made run: 5 users; 50 from 0:30; decision 0:40; 3 pods 0:52; 2 users from 1:30; 1 pod 2:45."""

from pathlib import Path
from typing import Any

import pytest

from loadtest import scaling, timeline
from loadtest.seconds import LoadSecond
from loadtest.shapes import Shape
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
    up = scaling.first_up(run)
    assert up is not None
    assert scaling.step_before(run, up) == 30
    assert scaling.load_gone(run) == 90
    assert scaling.back_at_minimum(run) == 165
    assert scaling.peak(run) == (3, 52)


def test_back_for_a_moment_is_not_back(tmp_path: Path) -> None:
    def again(t: int) -> dict[str, Any]:
        return synthetic.cluster_line(100 if t >= 170 else t) | {"t": synthetic.ZERO + t}

    assert scaling.back_at_minimum(run_of(tmp_path, cluster=again)) is None


def test_never_down_before_the_load_went(tmp_path: Path) -> None:
    assert scaling.back_at_minimum(run_of(tmp_path, until=80)) is None
    assert scaling.load_gone(run_of(tmp_path, until=80)) is None


def test_held_again_wants_ten_good_seconds_in_a_row(tmp_path: Path) -> None:
    def slow_twice(t: int, shape: Shape) -> LoadSecond:
        second = synthetic.load_second(t, shape)
        for _ in range(50 if 31 <= t < 36 or t == 40 else 0):
            second.right(400.0, "pod-0")
        return second

    run = run_of(tmp_path, load=slow_twice)
    assert scaling.held_again(run, 250, since=30) == 41


def test_held_again_is_at_once_when_nothing_was_broken(tmp_path: Path) -> None:
    assert scaling.held_again(run_of(tmp_path), 250, since=30) == 30


def test_never_held_again(tmp_path: Path) -> None:
    def slow(t: int, shape: Shape) -> LoadSecond:
        second = LoadSecond(synthetic.ZERO + t, users=shape.users_at(t))
        second.right(400.0 if t >= 30 else 2.0, "pod-0")
        return second

    assert scaling.held_again(run_of(tmp_path, load=slow), 250, since=30) is None


@pytest.mark.parametrize("wrong", ["failed", "lost", "silent"])
def test_held_again_minds_failures_and_silence(tmp_path: Path, wrong: str) -> None:
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

    assert scaling.held_again(run_of(tmp_path, load=one_bad), 250, since=30) == 34


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
