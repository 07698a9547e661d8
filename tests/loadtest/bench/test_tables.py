import re
from typing import Any

import pytest

from loadtest.bench import tables
from loadtest.bench.tables import TABLES, Table

MEASURED = {"rate": 1234.5, "p50_ms": 0.5, "p99_ms": 12.3, "cpu_us": 456.7, "ratio": 23.4, "failed": 0}
FASTAPI = {"server": "plain FastAPI", "protocol": "/predict", **MEASURED, "ratio": 1.0}
OURS = {"server": "this server", "protocol": "V1", **MEASURED}
SKLEARN = {"model": "Tfidf", **OURS}
OVERLOAD = {
    "server": "this server",
    "model": "10 ms",
    "row_ms": 10.642,
    "times": 5,
    "capacity": 100.0,
    "goodput": 95.0,
    "accepted_p99_ms": 330.0,
    "refused": 0.8,
    "refused_p99_ms": None,
    "timed_out": 0.0,
    "failed": 0,
    "probe_p99_ms": 4.0,
    "probes_timed_out": 0.0,
    "recovery_seconds": None,
}
BACKGROUND = {
    "background": "none",
    "row_p99_ms": 1.25,
    "probe_p99_ms": 150.0,
    "batch_rows_per_second": 0.0,
    "failed": 0,
}
FIGURES: dict[str, Any] = {
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
    "one_client": [FASTAPI, OURS],
    "many_clients": [FASTAPI, OURS],
    "forest": [FASTAPI, OURS],
    "sklearn_one_client": [SKLEARN],
    "sklearn_many_clients": [SKLEARN],
    "sklearn_batches": [SKLEARN],
    "grpc": [{**FASTAPI, "server": "KServe custom model", "protocol": "gRPC"}, {**OURS, "protocol": "gRPC"}],
    "batches": [FASTAPI, OURS],
    "digits_batch": 100,
    "digits": [
        {**FASTAPI, "cpu_us": 28_000.0},
        {**OURS, "cpu_us": 12_000.0},
        {**OURS, "protocol": "V2 binary", "cpu_us": 10_250.0},
    ],
    "digits_stub": [
        {**FASTAPI, "least_cpu_us": 18_000.0},
        {**OURS, "least_cpu_us": 2_000.0},
        {**OURS, "protocol": "V2 binary", "least_cpu_us": 250.0},
    ],
    "cold_start": [{"server": "this server", "seconds": 0.987, "mib": 117.4, "after_load_mib": 119.6}],
    "interference": [{"server": "this server", **BACKGROUND}],
    "observability": [{**OURS, "cpu_us": 40.0, "least_cpu_us": 30.0}, {**OURS, "cpu_us": 34.0, "least_cpu_us": 27.0}],
    "overload": [OVERLOAD],
    "loop_lag": [
        {
            **OURS,
            "connections": 256,
            "lag_p50_ms": 59.8,
            "lag_p99_ms": 99.2,
            "request_p50_ms": 0.25,
            "request_p99_ms": 0.35,
            "failed": 0,
        }
    ],
}


TEXT = "\n\n".join([tables.machine(FIGURES), *(table.markdown(FIGURES) for table in TABLES)])


@pytest.mark.parametrize(
    "line",
    [
        "| this server | V1 | 1,234 | 0.50 / 12.3 | 23 | 1,234 | 0.50 / 12.3 | 23 | 457 |",
        "| this server | 1,234 | 0.50 / 12.3 | 23 | 457 |",
        f"| Tfidf | this server |{' 1,234 | 0.50 / 12.3 | 23 |' * 3}",
        "| this server | V1 | 1,234,500 | 0.50 / 12.3 | 23 |",
        "| this server | V1 | 123,450 | 0.50 / 12.3 | 23 | 12.0 | 2.00 | 1/9.0 |",
        "| this server | V2 binary | 123,450 | 0.50 / 12.3 | 23 | 10.2 | 0.25 | 1/72.0 |",
        "| this server | 0.99 | 117 | 120 |",
        "| this server | none | 1.25 | 150 | – |",
        "| 256 | 1,234 | 0.50 / 12.3 | 59.8 / 99.2 | 0.25 / 0.35 |",
        "| this server | 10 ms: 10.6 | 5 × 100/s | 95% | 330 | 80% | – | 0% | 4.00 | 0% | none |",
        "take 3.0 of 30.0 µs of CPU per request (10%).",
        "medians of all rounds it is 6.0 of 40.0 µs of CPU per request (15%).",
        "revision 0123456789ab with changes: A CPU, 2 cores (5% busy before the first round)",
    ],
)
def test_every_figure_has_its_place(line: str) -> None:
    assert line in TEXT


def test_every_row_has_as_many_cells_as_the_head() -> None:
    found = re.findall(r"(?:^\|.*\|\n)+", TEXT + "\n", re.MULTILINE)
    assert len(found) == 10
    for table in found:
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_memory_is_left_open_if_there_was_no_load_before() -> None:
    figures = {**FIGURES, "cold_start": [{**FIGURES["cold_start"][0], "after_load_mib": None}]}
    assert "| this server | 0.99 | 117 | – |" in tables.COLD_START.markdown(figures)


def test_without_failed_requests_there_are_no_failures() -> None:
    assert not [failure for table in TABLES for failure in table.failures(FIGURES)]


@pytest.mark.parametrize(
    ("table", "section"),
    [
        (tables.ONE_ROW, "one_client"),
        (tables.ONE_ROW, "many_clients"),
        (tables.FOREST, "forest"),
        (tables.SKLEARN, "sklearn_one_client"),
        (tables.SKLEARN, "sklearn_batches"),
        (tables.GRPC, "grpc"),
        (tables.BATCHES, "batches"),
        (tables.DIGITS, "digits"),
        (tables.DIGITS, "digits_stub"),
        (tables.INTERFERENCE, "interference"),
        (tables.LOOP_LAG, "loop_lag"),
    ],
)
def test_figures_of_failed_requests_are_void_and_reported(table: Table, section: str) -> None:
    *others, last = FIGURES[section]
    figures = {**FIGURES, section: [*others, {**last, "failed": 1234}]}
    assert "failed: 1,234" in table.markdown(figures)
    (failure,) = table.failures(figures)
    assert failure.startswith(f"{table.title}: this server, ")
    assert failure.endswith("1,234 requests failed")


def test_wrong_response_under_overload_is_a_failure() -> None:
    figures = {**FIGURES, "overload": [{**OVERLOAD, "failed": 3}]}
    (failure,) = tables.OVERLOAD.failures(figures)
    assert failure.endswith("this server, 5 × capacity: 3 requests failed")


def test_failed_rounds_of_metrics_and_log_are_reported() -> None:
    figures = {**FIGURES, "observability": [{**OURS, "failed": 3}, OURS]}
    assert len(list(tables.OBSERVABILITY.failures(figures))) == 1
