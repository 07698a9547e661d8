"""Closed-loop load by wrk, or over gRPC: each connection sends its next request when the last one is answered.

Servers take turns in rounds, so that noise from the machine affects all of them alike.
"""

import json
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from loadtest.bench import grpc_load
from loadtest.bench.grpc_load import GrpcSpec
from loadtest.bench.process import LOAD_CORE, Process
from loadtest.bench.request_spec import MeasurementError, RequestSpec

SCRIPT = Path(__file__).with_name("closed_loop.lua")


@dataclass(frozen=True)
class Load:
    """The result of one run of wrk.

    Attributes:
        refused: responses with a status of 400 or above.
        broken: connections that failed or timed out.
    """

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    refused: int
    broken: int

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    @property
    def failed(self) -> int:
        return self.refused + self.broken


@dataclass(frozen=True)
class Subject:
    """A server and the request that it gets."""

    server: str
    protocol: str
    process: Process
    spec: RequestSpec | GrpcSpec


@dataclass(frozen=True)
class Round:
    load: Load
    cpu_us: float  # the server's CPU time per request


@dataclass(frozen=True)
class Throughput:
    """The medians of one subject's rounds.

    Attributes:
        least_cpu_us: CPU time per request in the round with the least. Other work on the machine only adds to it, so
            it shows small differences best.
        ratio: median of the ratios of this subject's rate to the first subject's in the same round.
        failed: failed requests in all rounds. If there are any, the other figures are void.
    """

    server: str
    protocol: str
    rate: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    least_cpu_us: float
    ratio: float
    failed: int


def alternate(subjects: Sequence[Subject], rounds: int, seconds: int, connections: int) -> list[Throughput]:
    """Measure the subjects in turn, `rounds` times.

    Raises:
        MeasurementError: a response before or after a round is wrong.
    """
    measured: list[list[Round]] = [[] for _ in subjects]
    for _ in range(rounds):
        for subject, its_rounds in zip(subjects, measured, strict=True):
            its_rounds.append(run_round(subject, seconds, connections))
    return [summarize(subject, its_rounds, measured[0]) for subject, its_rounds in zip(subjects, measured, strict=True)]


def run_round(subject: Subject, seconds: int, connections: int) -> Round:
    """Load the server once, and check a response before and after that."""
    process = subject.process
    subject.spec.check(process.port)
    before = process.cpu_seconds()
    if isinstance(subject.spec, GrpcSpec):
        load = run_grpc(process.port, subject.spec, seconds, connections)
    else:
        load = run_wrk(process.port, subject.spec.http(), seconds, connections)
    used = process.cpu_seconds() - before
    subject.spec.check(process.port)
    process.truncate_log()
    return Round(load, used / load.requests * 1e6)


def summarize(subject: Subject, rounds: Sequence[Round], baseline: Sequence[Round]) -> Throughput:
    def median_of(figure: Callable[[Round], float]) -> float:
        return median(map(figure, rounds))

    return Throughput(
        subject.server,
        subject.protocol,
        rate=median_of(lambda one: one.load.rate),
        p50_ms=median_of(lambda one: one.load.p50_ms),
        p99_ms=median_of(lambda one: one.load.p99_ms),
        cpu_us=median_of(lambda one: one.cpu_us),
        least_cpu_us=min(one.cpu_us for one in rounds),
        ratio=median(one.load.rate / base.load.rate for one, base in zip(rounds, baseline, strict=True)),
        failed=sum(one.load.failed for one in rounds),
    )


def run_grpc(port: int, spec: GrpcSpec, seconds: int, callers: int) -> Load:
    """Make a call from all callers for `seconds`.

    Raises:
        MeasurementError: there was no answer at all.
    """
    outcome = grpc_load.run(port, spec, seconds, callers)
    if len(outcome.seconds) < 2:  # noqa: PLR2004 (quantiles need two)
        raise MeasurementError(f"The server on port {port} answered no call for {seconds} s.")
    percentiles = quantiles(outcome.seconds, n=100)
    p50_ms, p99_ms = percentiles[49] * 1e3, percentiles[98] * 1e3
    return Load(len(outcome.seconds), seconds, p50_ms, p99_ms, outcome.refused, outcome.broken)


def run_wrk(port: int, request: bytes, seconds: int, connections: int) -> Load:
    """Send the request over `connections` connections for `seconds`.

    Raises:
        MeasurementError: there was no response at all.
    """
    with tempfile.NamedTemporaryFile() as file:
        file.write(request)
        file.flush()
        load = Load(**json.loads(run_wrk_script(port, SCRIPT, file.name, seconds, connections)))
    if not load.requests:
        raise MeasurementError(f"The server on port {port} sent no response for {seconds} s: {load}.")
    return load


def run_wrk_script(port: int, script: Path, file: str, seconds: int, connections: int, threads: int = 1) -> str:
    """Run a Lua script with `file` as its argument, and return the last line that it prints.

    Raises:
        MeasurementError: wrk failed.
    """
    shape = [f"--threads={threads}", f"--connections={connections}", f"--duration={seconds}s", "--timeout=60s"]
    arguments = [*shape, f"--script={script}", f"http://127.0.0.1:{port}/", "--", file]
    done = subprocess.run(
        ["taskset", "-c", str(LOAD_CORE), "wrk", *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise MeasurementError(f"wrk failed on port {port}: {done.stdout[-1000:]}{done.stderr[-1000:]}")
    return done.stdout.splitlines()[-1]
