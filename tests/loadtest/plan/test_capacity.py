from dataclasses import replace

from tests.loadtest.plan.capacities import CAPACITY, SATURATION, step


def test_the_luckiest_overloaded_step_is_not_the_capacity() -> None:
    overloaded = [
        replace(step(offered), answered=answered) for offered, answered in ((500, 350), (600, 420), (700, 360))
    ]
    measured = replace(CAPACITY, steps=(*CAPACITY.steps[:-1], *overloaded), highest_rate=420.0)
    assert measured.saturated_rate == measured.pod.capacity == 360


def test_a_step_that_another_program_slowed_down_is_not_the_capacity() -> None:
    slowed_down = replace(step(60.0), answered=20.0)
    measured = replace(CAPACITY, steps=(slowed_down, *CAPACITY.steps, replace(step(800.0), answered=380.0)))
    assert measured.pod.capacity == 380


def test_a_pod_that_was_never_overloaded_has_its_highest_rate() -> None:
    assert CAPACITY.pod.capacity == SATURATION
