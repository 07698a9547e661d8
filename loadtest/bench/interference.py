"""Latency of single rows and of probes while other clients send batches or images without a pause."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median
from time import sleep

from loadtest.bench import closed_loop, image_requests, open_loop, request_spec
from loadtest.bench.open_loop import OpenLoop, p99_ms
from loadtest.bench.process import Process
from loadtest.bench.request_spec import OK, RequestSpec
from loadtest.bench.servers import Server
from loadtest.bench.tabular_models import Model

ROWS_PER_SECOND, PROBES_PER_SECOND = 100, 50
TIMEOUT = 10.0
HEAD_START = 0.5  # seconds of background load before the first row
BATCH_ROWS, BIG_BATCH_ROWS = 1_000, 10_000
SCAN_CLIENTS = 4


@dataclass(frozen=True)
class Scenario:
    """A server with a steady load of rows and probes, and a background load.

    Attributes:
        row: the request for one row.
        probe: a whole GET request.
        background: the name of the background load.
        batch: the background load's request; None for no background load.
        clients: connections that send batches.
    """

    server: str
    process: Process
    row: RequestSpec
    probe: bytes
    background: str
    batch: RequestSpec | None
    clients: int = 1


@dataclass(frozen=True)
class Interference:
    """The figures of one round, or the medians of several. `failed` counts wrong responses in all of them."""

    server: str
    background: str
    row_p99_ms: float
    probe_p99_ms: float
    batch_rows_per_second: float
    failed: int


def with_batches(server: Server, process: Process, model: Model) -> Iterator[Scenario]:
    """Yield no load, big batches in JSON, and batches in binary if the server has a binary protocol."""
    scenario = _scenarios_of(server, process, model)
    big_batch = server.batch.get("V1", request_spec.predict_batch)  # FastAPI has no V1
    yield scenario("none", None, 0)
    yield scenario(f"{BIG_BATCH_ROWS:,} rows in JSON", big_batch(model.sample(BIG_BATCH_ROWS)), 1)
    if "V2 binary" in server.batch:
        yield scenario(f"{BATCH_ROWS:,} rows in binary", request_spec.v2_binary(model.sample(BATCH_ROWS)), 1)


def with_scans(server: Server, process: Process, model: Model) -> Iterator[Scenario]:
    scenario = _scenarios_of(server, process, model)
    yield scenario("none", None, 0)
    yield scenario(f"brain scans from {SCAN_CLIENTS} clients", image_requests.scan(), SCAN_CLIENTS)


def _scenarios_of(server: Server, process: Process, model: Model) -> Callable[[str, RequestSpec | None, int], Scenario]:
    row, probe = server.first_spec(model.sample(1)), request_spec.get(server.probe)
    return lambda background, batch, clients: Scenario(server.name, process, row, probe, background, batch, clients)


def alternate(scenarios: Sequence[Scenario], rounds: int, seconds: int) -> list[Interference]:
    """Measure the scenarios in turn, `rounds` times."""
    measured: list[list[Interference]] = [[] for _ in scenarios]
    for _ in range(rounds):
        for scenario, its_rounds in zip(scenarios, measured, strict=True):
            its_rounds.append(run_round(scenario, seconds))
            scenario.process.truncate_log()
    return [_summarize(its_rounds) for its_rounds in measured]


def run_round(scenario: Scenario, seconds: int) -> Interference:
    port = scenario.process.port
    correct = scenario.row.check(port)
    loops = [
        OpenLoop(scenario.row.http(), ROWS_PER_SECOND, TIMEOUT),
        OpenLoop(scenario.probe, PROBES_PER_SECOND, TIMEOUT),
    ]
    with ThreadPoolExecutor(1) as executor:
        background = executor.submit(_run_background, scenario, seconds + 1)
        sleep(HEAD_START)
        rows, probes = open_loop.run(port, loops, seconds)
        batch_rows_per_second, failed = background.result()
    failed += sum(row.body != correct for row in rows) + sum(probe.status != OK for probe in probes)
    return Interference(
        scenario.server, scenario.background, p99_ms(rows), p99_ms(probes), batch_rows_per_second, failed
    )


def _run_background(scenario: Scenario, seconds: int) -> tuple[float, int]:
    """Return the rows per second in the batches, and the number of failed requests."""
    if scenario.batch is None:
        return 0.0, 0
    scenario.batch.check(scenario.process.port)
    load = closed_loop.run_wrk(scenario.process.port, scenario.batch.http(), seconds, scenario.clients)
    return load.rate * len(scenario.batch.expected), load.failed


def _summarize(rounds: Sequence[Interference]) -> Interference:
    return Interference(
        rounds[0].server,
        rounds[0].background,
        median(one.row_p99_ms for one in rounds),
        median(one.probe_p99_ms for one in rounds),
        median(one.batch_rows_per_second for one in rounds),
        sum(one.failed for one in rounds),
    )
