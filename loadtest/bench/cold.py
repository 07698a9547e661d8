"""Cold start: from the exec of a server to its first right answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import monotonic

from loadtest.bench.models import Model
from loadtest.bench.process import running
from loadtest.bench.servers import Server


@dataclass(frozen=True)
class ColdStart:
    """seconds: to the first right answer; mib: resident memory then. Both are medians."""

    server: str
    seconds: float
    mib: float


def starts(servers: Sequence[Server], model: Model, times: int, folder: Path) -> list[ColdStart]:
    """Each server in turn, over and over. Raises WrongAnswer."""
    made: list[list[tuple[float, float]]] = [[] for _ in servers]
    for _ in range(times):
        for server, its_starts in zip(servers, made, strict=True):
            its_starts.append(_start(server, model, folder))
    return [
        ColdStart(server.name, *map(median, zip(*its_starts, strict=True)))
        for server, its_starts in zip(servers, made, strict=True)
    ]


def _start(server: Server, model: Model, folder: Path) -> tuple[float, float]:
    start, ask = server.start(model), server.first(model.sample(1))
    began = monotonic()
    with running(start, folder) as process:
        process.wait_for(ask)
        return monotonic() - began, process.resident_mib()
