from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from loadtest.bench import mix, request_spec
from loadtest.bench.mix import Exchange
from loadtest.bench.request_spec import MeasurementError
from loadtest.bench.soak import Resources, ResponseCounts, SoakResult, run_slice

Bench = Callable[..., CompletedProcess[str]]

WARM = Resources(mib=120.0, descriptors=14, threads=6)
FLAT = SoakResult(ResponseCounts(answered=100), WARM, WARM)


def test_correct_responses_and_stable_resources_pass() -> None:
    assert list(FLAT.failures()) == []
    assert list(replace(FLAT, end=Resources(mib=125.0, descriptors=13, threads=5)).failures()) == []


@pytest.mark.parametrize(
    ("result", "failure"),
    [
        (
            replace(FLAT, counts=ResponseCounts(100, wrong=2, first_wrong="no host: 200")),
            "2 responses were wrong; the first was no h",
        ),
        (replace(FLAT, counts=ResponseCounts(100, broken=3)), "3 connections broke"),
        (replace(FLAT, end=replace(WARM, mib=125.1)), "memory grew by 5.1 MiB"),
        (replace(FLAT, end=replace(WARM, descriptors=15)), "file descriptors rose from 14 to 15"),
        (replace(FLAT, end=replace(WARM, threads=7)), "threads rose from 6 to 7"),
    ],
)
def test_each_missed_objective_is_reported(result: SoakResult, failure: str) -> None:
    (message,) = result.failures()
    assert message.startswith(failure)


def test_counts_add_up_and_keep_the_first_wrong_response() -> None:
    total = ResponseCounts(5, 1, 0, "first") + ResponseCounts(7, 1, 2, "second")
    assert total == ResponseCounts(12, 2, 2, "first")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("expected", "wrong"),
    [
        (Exchange("health", request_spec.get("/health"), 200, b'{"status"'), False),
        (Exchange("health", request_spec.get("/health"), 400, b'{"status"'), True),
        (Exchange("health", request_spec.get("/health"), 200, b'{"error"'), True),
    ],
)
def test_response_with_another_status_or_body_is_wrong(
    bench: Bench, port: Callable[..., int], tmp_path: Path, expected: Exchange, wrong: bool
) -> None:
    assert bench("--help").returncode == 0
    file = tmp_path / "mix.lua"
    file.write_text(mix.to_lua([expected, expected], [expected]))
    counts = run_slice(port(), file, seconds=1)
    assert counts.answered > 0
    assert counts.broken == 0
    assert counts.wrong == (counts.answered if wrong else 0)
    assert counts.first_wrong.startswith("health: 200" if wrong else "")


@pytest.mark.slow
def test_server_that_stops_responding_ends_the_soak(bench: Bench, port: Callable[..., int], tmp_path: Path) -> None:
    assert bench("--help").returncode == 0
    row = Exchange("row", request_spec.predict(([{"area_worst": 2019.0}], [1])).http(), 200)
    file = tmp_path / "mix.lua"
    file.write_text(mix.to_lua([row, row], [row]))
    with pytest.raises(MeasurementError, match="no response for 1 s"):
        run_slice(port("--hang"), file, seconds=1)


@pytest.mark.slow
@pytest.mark.timing
def test_short_soak_passes(bench: Bench) -> None:
    done = bench("soak", "--requests", "20000")
    assert done.returncode == 0, done.stdout + done.stderr
    assert " responses, 0 of them wrong" in done.stdout
