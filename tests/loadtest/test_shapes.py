import json
from dataclasses import asdict

import pytest

from loadtest.faults.fault import Fault
from loadtest.shapes import SHAPES, Shape, Stage

UP_AND_BACK = Shape("x", "", (Stage("a", 10, 2), Stage("b", 20, 12, ramp=True), Stage("c", 5, 12), Stage("d", 5, 1)))


@pytest.mark.parametrize(
    ("t", "users"), [(0, 2), (9.99, 2), (10, 2), (20, 7), (29.9, 12), (30, 12), (34.9, 12), (35, 1), (39.9, 1)]
)
def test_stages_hold_or_ramp_their_users(t: float, users: int) -> None:
    assert UP_AND_BACK.users_at(t) == users


@pytest.mark.parametrize("t", [-0.1, 40, 1000])
def test_there_are_no_users_before_and_after_the_shape(t: float) -> None:
    assert UP_AND_BACK.users_at(t) == 0
    assert UP_AND_BACK.stage_at(t) is None


def test_longer_shape_has_a_longer_last_stage() -> None:
    longer = SHAPES["soak"].lasting(24)
    assert longer.duration == 24 * 3600
    assert longer.stages[:-1] == SHAPES["soak"].stages[:-1]
    assert longer.users_at(24 * 3600 - 1) == SHAPES["soak"].users_at(1799)
    same = SHAPES["demo"].lasting(SHAPES["demo"].duration / 3600)
    assert same == SHAPES["demo"]
    with pytest.raises(ValueError, match="less than what demo takes before its last stage"):
        SHAPES["demo"].lasting(0.01)


def test_scaled_shape_has_more_users_and_never_none() -> None:
    demo = SHAPES["demo"]
    assert [stage.users for stage in demo.scaled(1.5).stages] == [2, 180, 2]
    assert [stage.users for stage in demo.scaled(0.1).stages] == [1, 12, 1]
    assert demo.scaled(2).duration == demo.duration
    with pytest.raises(ValueError, match=r"demo would have 120,000 users\. A load test has at most 20,000\."):
        demo.scaled(1000)


def test_first_ramp_starts_from_zero_users() -> None:
    assert Shape("x", "", (Stage("a", 10, 10, ramp=True),)).users_at(3) == 3


def test_rises_and_falls_are_the_starts_of_their_stages() -> None:
    assert UP_AND_BACK.starts == (0, 10, 30, 35)
    assert UP_AND_BACK.rises == (0, 10)
    assert UP_AND_BACK.falls == (35,)
    assert UP_AND_BACK.duration == 40


def test_stage_includes_its_first_second_and_not_its_end() -> None:
    stage = UP_AND_BACK.stage_at(10)
    assert stage is not None
    assert stage.name == "b"


@pytest.mark.parametrize("shape", SHAPES.values(), ids=lambda shape: shape.name)
def test_every_shape_ends_and_is_bounded(shape: Shape) -> None:
    assert SHAPES[shape.name] is shape
    users = [shape.users_at(t) for t in range(shape.duration)]
    assert min(users) >= 0
    assert max(users) == max(stage.users for stage in shape.stages) <= 240
    assert shape.users_at(shape.duration) == 0


@pytest.mark.parametrize("name", [name for name, shape in SHAPES.items() if shape.scales])
def test_scaling_shape_leaves_time_to_return_to_the_minimum(name: str) -> None:
    """The objective allows 150 s from the end of the load to the minimum."""
    shape = SHAPES[name]
    assert shape.duration - max(shape.falls) >= 150


def test_demo_takes_at_most_six_minutes() -> None:
    assert SHAPES["demo"].duration <= 330


def test_faults_come_in_order_and_survive_the_plan() -> None:
    shape = SHAPES["demo"].with_faults([Fault("b", 90, 30), Fault("a", 60, 0), Fault("c", 120, 0)])
    assert [fault.kind for fault in shape.faults] == ["a", "b", "c"]
    assert Shape.from_dict(json.loads(json.dumps(asdict(shape)))) == shape


@pytest.mark.parametrize(
    ("faults", "problem"),
    [
        ([Fault("a", 60, 30), Fault("b", 80, 0)], "a at 60 s lasts until 90 s, so b at 80 s would overlap it"),
        ([Fault("a", 60, 0), Fault("b", 60, 0)], "would overlap it"),
        ([Fault("a", 290, 20)], "a ends at 310 s, but the load at 300 s"),
    ],
)
def test_faults_whose_damage_could_not_be_told_apart_are_refused(faults: list[Fault], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        SHAPES["demo"].with_faults(faults)


def test_faults_of_a_shape_do_not_overlap() -> None:
    for shape in SHAPES.values():
        assert shape.with_faults([]) == shape
