import pytest

from loadtest.bench.open_loop import Answer
from loadtest.bench.overload import answers_per_second


def test_answers_after_the_load_has_ended_take_their_time() -> None:
    """Two seconds of load, and a queue that takes another two to be worked off."""
    answers = [Answer(due, 2.0, 200, b"") for due in (0.0, 1.0, 2.0)]
    assert answers_per_second(answers) == pytest.approx(3 / 4)


def test_no_answers_are_none_a_second() -> None:
    assert answers_per_second([]) == 0
