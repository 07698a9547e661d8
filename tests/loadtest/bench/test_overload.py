import pytest

from loadtest.bench.open_loop import TimedResponse
from loadtest.bench.overload import goodput


def responses(*dues: float) -> list[TimedResponse]:
    return [TimedResponse(due, 2.0, 200, b"") for due in dues]


def test_goodput_counts_the_time_to_drain_the_queue() -> None:
    """Two seconds of load, and a queue that takes another two to drain."""
    assert goodput(responses(0.0, 1.0, 2.0), seconds=2) == pytest.approx(3 / 4)


def test_goodput_counts_the_whole_load_if_the_server_stops_responding() -> None:
    assert goodput(responses(0.0, 0.1, 0.2), seconds=10) == pytest.approx(3 / 10)


def test_goodput_without_responses_is_zero() -> None:
    assert goodput([], seconds=4) == 0
