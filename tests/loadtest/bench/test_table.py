import re
from typing import Any

import pytest

from loadtest.bench.table import failures, markdown

MEASURED = {"rate": 1234.5, "p50_ms": 0.5, "p99_ms": 12.3, "cpu_us": 456.7, "ratio": 23.4, "failed": 0}
FASTAPI = {"server": "plain FastAPI", "protocol": "/predict", **MEASURED, "ratio": 1.0}
OURS = {"server": "this server", "protocol": "V1", **MEASURED}
OVERLOAD = {
    "server": "this server",
    "times": 5,
    "capacity": 100.0,
    "goodput": 95.0,
    "accepted_p99_ms": 330.0,
    "refused": 0.8,
    "refused_p99_ms": None,
    "unheard": 0.0,
    "wrong": 0,
    "probe_p99_ms": 4.0,
    "probes_unheard": 0.0,
    "recovery_seconds": None,
}
BESIDE = {"beside": "nothing", "row_p99_ms": 1.25, "probe_p99_ms": 150.0, "batch_rows_per_second": 0.0, "failed": 0}
REPORT: dict[str, Any] = {
    "machine": {
        "utc": "2026-11-21T23:00:00+00:00",
        "cpu": "A CPU",
        "cores": 2,
        "kernel": "6.1",
        "busy_before": 0.05,
        "git": {"revision": "0123456789abcdef", "dirty": True},
        "python": "3.11.7",
        "wrk": "4.1.0",
        "packages": {"kserve": "0.21.0"},
    },
    "plan": {"rounds": 5, "seconds": 2},
    "batch_rows": 1000,
    "one_caller": [FASTAPI, OURS],
    "many_callers": [FASTAPI, OURS],
    "forest": [FASTAPI, OURS],
    "batches": [FASTAPI, OURS],
    "pictures": {
        "batch": 100,
        "servers": [
            {**FASTAPI, "cpu_us": 28_000.0},
            {**OURS, "cpu_us": 12_000.0},
            {**OURS, "protocol": "V2 binary", "cpu_us": 10_250.0},
        ],
        "beside": [
            {**FASTAPI, "least_cpu_us": 18_000.0},
            {**OURS, "least_cpu_us": 2_000.0},
            {**OURS, "protocol": "V2 binary", "least_cpu_us": 250.0},
        ],
    },
    "cold": [{"server": "this server", "seconds": 0.987, "mib": 117.4}],
    "after_load": [{"server": "this server", "mib": 119.6}],
    "beside": [{"server": "this server", **BESIDE}],
    "observing": [{**OURS, "cpu_us": 40.0, "least_cpu_us": 30.0}, {**OURS, "cpu_us": 34.0, "least_cpu_us": 27.0}],
    "overload": [OVERLOAD],
}


def test_each_figure_has_its_place() -> None:
    text = markdown(REPORT)
    for line in (
        "| this server | V1 | 1,234 | 0.50 / 12.3 | 23 | 1,234 | 0.50 / 12.3 | 23 | 457 |",
        "| this server | V1 | 1,234,500 | 0.50 / 12.3 | 23 |",
        "| this server | V1 | 123,450 | 0.50 / 12.3 | 23 | 12.0 | 2.00 | 1/9.0 |",
        "| this server | V2 binary | 123,450 | 0.50 / 12.3 | 23 | 10.2 | 0.25 | 1/72.0 |",
        "| this server | 0.99 | 117 | 120 |",
        "| this server | nothing | 1.25 | 150 | – |",
        "| this server | 5 × 100/s | 95% | 330 | 80% | – | 0% | 4.00 | 0% | not seen |",
        "takes 3.0 of the 30.0 µs of CPU a request, 10%,",
        "medians of all rounds 6.0 of the 40.0 µs of CPU a request, 15%.",
        "revision 0123456789ab with changes: A CPU, 2 cores (5% of them busy",
    ):
        assert line in text


def test_every_row_of_a_table_has_as_many_cells_as_its_head() -> None:
    for table in re.findall(r"(?:^\|.*\|\n)+", markdown(REPORT), re.MULTILINE):
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_nothing_failed_where_nothing_did() -> None:
    assert list(failures(REPORT)) == []


@pytest.mark.parametrize("section", ["one_caller", "many_callers", "forest", "batches", "beside"])
def test_figures_of_requests_that_failed_are_not_shown_and_told(section: str) -> None:
    *others, last = REPORT[section]
    report = {**REPORT, section: [*others, {**last, "failed": 1234}]}
    assert "failed: 1,234" in markdown(report)
    (told,) = failures(report)
    assert told.startswith(f"{section}: this server")


def test_a_wrong_answer_under_overload_is_a_failure() -> None:
    report = {**REPORT, "overload": [{**OVERLOAD, "wrong": 3}]}
    assert list(failures(report)) == ["overload: this server × 5: 3 wrong"]
