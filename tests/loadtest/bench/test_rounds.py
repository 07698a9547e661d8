from collections.abc import Iterator
from pathlib import Path

import pytest

from loadtest.bench import request_spec
from loadtest.bench.process import Start, running
from loadtest.bench.rounds import Round, Subject, summed_up
from loadtest.bench.wrk import Load


def one(rate: int, milliseconds: float = 1.0, cpu_us: float = 10.0, refused: int = 0, broken: int = 0) -> Round:
    return Round(Load(rate * 2, 2.0, milliseconds, milliseconds * 2, refused, broken), cpu_us)


@pytest.fixture
def subject(tmp_path: Path) -> Iterator[Subject]:
    with running(Start(["-c", ""], {}, port=1), tmp_path) as process:
        yield Subject("a server", "V1", process, request_spec.plain(([{"x": 1.0}], [1])))


def test_each_figure_is_the_median_of_its_rounds(subject: Subject) -> None:
    rounds = [one(100, 3.0, 30.0), one(900, 1.0, 20.0), one(200, 2.0, 10.0)]
    measured = summed_up(subject, rounds, rounds)
    assert (measured.rate, measured.p50_ms, measured.p99_ms, measured.cpu_us) == (200, 2.0, 4.0, 20.0)
    assert measured.least_cpu_us == 10.0


def test_the_ratio_is_the_median_of_the_ratios_and_not_the_ratio_of_the_medians(subject: Subject) -> None:
    measured = summed_up(subject, [one(300), one(100), one(800)], [one(300), one(50), one(100)])
    assert measured.ratio == 2


def test_what_failed_in_any_round_is_counted(subject: Subject) -> None:
    rounds = [one(100), one(100, refused=2), one(100, broken=1)]
    assert summed_up(subject, rounds, rounds).failed == 3
