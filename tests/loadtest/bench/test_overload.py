import pytest

from loadtest.bench.open_loop import Answer
from loadtest.bench.overload import answers_per_second


def answered(*dues: float) -> list[Answer]:
    return [Answer(due, 2.0, 200, b"") for due in dues]


def test_answers_after_the_load_has_ended_take_their_time() -> None:
    """Two seconds of load, and a queue that takes another two to be worked off."""
    assert answers_per_second(answered(0.0, 1.0, 2.0), seconds=2) == pytest.approx(3 / 4)


def test_who_falls_silent_under_the_load_has_the_rest_of_it_counted() -> None:
    assert answers_per_second(answered(0.0, 0.1, 0.2), seconds=10) == pytest.approx(3 / 10)


def test_no_answers_are_none_a_second() -> None:
    assert answers_per_second([], seconds=4) == 0
