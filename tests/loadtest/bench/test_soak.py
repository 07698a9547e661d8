from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from loadtest.bench import mix, request_spec
from loadtest.bench.mix import Expected
from loadtest.bench.request_spec import WrongAnswer
from loadtest.bench.soak import Outcome, Reading, Tally, one_slice

Bench = Callable[..., CompletedProcess[str]]

WARM = Reading(mib=120.0, descriptors=14, threads=6)
FLAT = Outcome(Tally(answered=100), WARM, WARM)


def test_flat_and_right_has_no_faults() -> None:
    assert list(FLAT.faults()) == []
    assert list(replace(FLAT, end=Reading(mib=125.0, descriptors=13, threads=5)).faults()) == []


@pytest.mark.parametrize(
    ("outcome", "fault"),
    [
        (
            replace(FLAT, tally=Tally(100, wrong=2, first_wrong="no host: 200")),
            "2 answers were wrong, the first to no h",
        ),
        (replace(FLAT, tally=Tally(100, broken=3)), "3 connections broke"),
        (replace(FLAT, end=replace(WARM, mib=125.1)), "memory grew by 5.1 MiB"),
        (replace(FLAT, end=replace(WARM, descriptors=15)), "file descriptors rose from 14 to 15"),
        (replace(FLAT, end=replace(WARM, threads=7)), "threads rose from 6 to 7"),
    ],
)
def test_each_objective_that_is_missed_is_told(outcome: Outcome, fault: str) -> None:
    (told,) = outcome.faults()
    assert told.startswith(fault)


def test_tallies_add_up_and_keep_the_first_wrong_answer() -> None:
    total = Tally(5, 1, 0, "first") + Tally(7, 1, 2, "second")
    assert total == Tally(12, 2, 2, "first")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("expected", "wrong"),
    [
        (Expected("health", request_spec.get("/health"), 200, b'{"status"'), False),
        (Expected("health", request_spec.get("/health"), 400, b'{"status"'), True),
        (Expected("health", request_spec.get("/health"), 200, b'{"error"'), True),
    ],
)
def test_an_answer_of_another_status_or_body_is_wrong(
    bench: Bench, port: Callable[..., int], tmp_path: Path, expected: Expected, wrong: bool
) -> None:
    assert bench("--help").returncode == 0
    file = tmp_path / "mix.lua"
    file.write_text(mix.lua([expected, expected], [expected]))
    tally = one_slice(port(), file, seconds=1)
    assert tally.answered > 0
    assert tally.broken == 0
    assert tally.wrong == (tally.answered if wrong else 0)
    assert tally.first_wrong.startswith("health: 200" if wrong else "")


@pytest.mark.slow
def test_a_server_that_falls_silent_ends_it(bench: Bench, port: Callable[..., int], tmp_path: Path) -> None:
    assert bench("--help").returncode == 0
    row = Expected("row", request_spec.plain(([{"area_worst": 2019.0}], [1])).http(), 200)
    file = tmp_path / "mix.lua"
    file.write_text(mix.lua([row, row], [row]))
    with pytest.raises(WrongAnswer, match="nothing for 1 s"):
        one_slice(port("--hang"), file, seconds=1)


@pytest.mark.slow
def test_the_server_takes_a_short_one(bench: Bench) -> None:
    done = bench("soak", "--requests", "20000")
    assert done.returncode == 0, done.stdout + done.stderr
    assert " requests answered, 0 of them wrongly" in done.stdout
