from collections.abc import Iterator
from pathlib import Path

import pytest

from loadtest.bench import request_spec
from loadtest.bench.closed_loop import Load, Round, Subject, summarize
from loadtest.bench.process import Command, running


def one_round(rate: int, milliseconds: float = 1.0, cpu_us: float = 10.0, refused: int = 0, broken: int = 0) -> Round:
    return Round(Load(rate * 2, 2.0, milliseconds, milliseconds * 2, refused, broken), cpu_us)


@pytest.fixture
def subject(tmp_path: Path) -> Iterator[Subject]:
    with running(Command(["-c", ""], {}, port=1), tmp_path) as process:
        yield Subject("a server", "V1", process, request_spec.predict(([{"x": 1.0}], [1])))


def test_figures_are_medians_of_the_rounds(subject: Subject) -> None:
    rounds = [one_round(100, 3.0, 30.0), one_round(900, 1.0, 20.0), one_round(200, 2.0, 10.0)]
    measured = summarize(subject, rounds, rounds)
    assert (measured.rate, measured.p50_ms, measured.p99_ms, measured.cpu_us) == (200, 2.0, 4.0, 20.0)
    assert measured.least_cpu_us == 10.0


def test_ratio_is_the_median_of_ratios_not_the_ratio_of_medians(subject: Subject) -> None:
    measured = summarize(
        subject, [one_round(300), one_round(100), one_round(800)], [one_round(300), one_round(50), one_round(100)]
    )
    assert measured.ratio == 2


def test_failures_of_all_rounds_are_counted(subject: Subject) -> None:
    rounds = [one_round(100), one_round(100, refused=2), one_round(100, broken=1)]
    assert summarize(subject, rounds, rounds).failed == 3
