"""Alternating rounds: each subject in turn, over and over, so that the machine's noise hits all alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from loadtest.bench import wrk
from loadtest.bench.process import Process
from loadtest.bench.request_spec import Ask


@dataclass(frozen=True)
class Subject:
    """One server asked in one way."""

    server: str
    protocol: str
    process: Process
    ask: Ask


@dataclass(frozen=True)
class Round:
    load: wrk.Load
    cpu_us: float


@dataclass(frozen=True)
class Measured:
    """The medians of a subject's rounds; `ratio` is its rate over the first subject's, round by round.

    least_cpu_us: of the round that took least, for small differences: what else a machine does only adds to it.
    failed: requests refused, or broken off, in all rounds; with any of them the figures count for nothing.
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


def alternate(subjects: Sequence[Subject], rounds: int, seconds: int, connections: int) -> list[Measured]:
    """Raises WrongAnswer where a subject answers wrong before or after a round."""
    made: list[list[Round]] = [[] for _ in subjects]
    for _ in range(rounds):
        for subject, its_rounds in zip(subjects, made, strict=True):
            its_rounds.append(one_round(subject, seconds, connections))
    return [summed_up(subject, its_rounds, made[0]) for subject, its_rounds in zip(subjects, made, strict=True)]


def one_round(subject: Subject, seconds: int, connections: int) -> Round:
    """One run of wrk between two right answers."""
    process = subject.process
    subject.ask.check(process.port)
    before = process.cpu_seconds()
    load = wrk.load(process.port, subject.ask.http(), seconds, connections)
    used = process.cpu_seconds() - before
    subject.ask.check(process.port)
    process.forget_log()
    return Round(load, used / load.requests * 1e6)


def summed_up(subject: Subject, rounds: Sequence[Round], first: Sequence[Round]) -> Measured:
    def middle(of: Callable[[Round], float]) -> float:
        return median(map(of, rounds))

    return Measured(
        subject.server,
        subject.protocol,
        rate=middle(lambda one: one.load.rate),
        p50_ms=middle(lambda one: one.load.p50_ms),
        p99_ms=middle(lambda one: one.load.p99_ms),
        cpu_us=middle(lambda one: one.cpu_us),
        least_cpu_us=min(one.cpu_us for one in rounds),
        ratio=median(one.load.rate / base.load.rate for one, base in zip(rounds, first, strict=True)),
        failed=sum(one.load.failed for one in rounds),
    )
