"""Soak test: many requests, one in a hundred of them invalid. Each response must be correct, and nothing may leak."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import sleep

from loadtest.bench import closed_loop, mix, tabular_models
from loadtest.bench.process import Process, running
from loadtest.bench.request_spec import MeasurementError
from loadtest.bench.servers import OURS

SCRIPT = Path(__file__).with_name("soak.lua")
CONNECTIONS = 8
SLICE_SECONDS = 5
WARM_UP_SHARE = 0.1
SETTLE_SECONDS = 2  # time to close connections and write the log before resources are read
GROWTH_LIMIT_MIB = 5.0


@dataclass(frozen=True)
class Resources:
    mib: float
    descriptors: int
    threads: int


@dataclass(frozen=True)
class ResponseCounts:
    """Counts of responses.

    Attributes:
        wrong: responses with another status or body than expected.
        broken: connections that failed or timed out.
        first_wrong: the name of the first request with a wrong response, and that response.
    """

    answered: int = 0
    wrong: int = 0
    broken: int = 0
    first_wrong: str = ""

    def __add__(self, other: "ResponseCounts") -> "ResponseCounts":
        return ResponseCounts(
            self.answered + other.answered,
            self.wrong + other.wrong,
            self.broken + other.broken,
            self.first_wrong or other.first_wrong,
        )


@dataclass(frozen=True)
class SoakResult:
    """The responses, and the resources of the server after the warm-up and at the end."""

    counts: ResponseCounts
    warm: Resources
    end: Resources

    def summary(self) -> str:
        lines = [
            f"{self.counts.answered:,} responses, {self.counts.wrong:,} of them wrong",
            *(
                f"{when}: {at.mib:.1f} MiB, {at.descriptors} file descriptors, {at.threads} threads"
                for when, at in (("after the warm-up", self.warm), ("at the end", self.end))
            ),
        ]
        return "\n".join(lines)

    def failures(self) -> Iterator[str]:
        if self.counts.wrong:
            yield f"{self.counts.wrong:,} responses were wrong; the first was {self.counts.first_wrong}"
        if self.counts.broken:
            yield f"{self.counts.broken:,} connections broke"
        if (growth := self.end.mib - self.warm.mib) > GROWTH_LIMIT_MIB:
            yield f"memory grew by {growth:.1f} MiB; the limit is {GROWTH_LIMIT_MIB:.0f}"
        if self.end.descriptors > self.warm.descriptors:
            yield f"file descriptors rose from {self.warm.descriptors} to {self.end.descriptors}"
        if self.end.threads > self.warm.threads:
            yield f"threads rose from {self.warm.threads} to {self.end.threads}"


def soak(requests: int, folder: Path) -> SoakResult:
    """Send at least `requests` requests to a fresh server.

    Raises:
        MeasurementError: the server is wrong from the start, stops responding or ends.
    """
    model = tabular_models.logistic(folder)
    with running(OURS.command(model), folder) as process:
        process.wait_for(OURS.first_spec(model.sample(1)))
        file = folder / "mix.lua"
        file.write_text(mix.to_lua(mix.valid(model, process.port), mix.invalid(model)))
        counts = _send(round(requests * WARM_UP_SHARE), ResponseCounts(), process, file)
        warm = _resources(process)
        counts = _send(requests, counts, process, file)
        return SoakResult(counts, warm, _resources(process))


def _send(until: int, counts: ResponseCounts, process: Process, file: Path) -> ResponseCounts:
    while counts.answered < until and not counts.broken:
        counts += run_slice(process.port, file, SLICE_SECONDS)
        process.truncate_log()
    return counts


def run_slice(port: int, file: Path, seconds: int) -> ResponseCounts:
    """Send the requests in a file made by mix.to_lua().

    Raises:
        MeasurementError: there was no response at all.
    """
    line = closed_loop.run_wrk_script(port, SCRIPT, str(file), seconds, CONNECTIONS, threads=CONNECTIONS)
    answered, wrong, broken, first_wrong = line.split(" ", 3)
    if answered == "0":
        raise MeasurementError(f"The server sent no response for {seconds} s.")
    return ResponseCounts(int(answered), int(wrong), int(broken), first_wrong)


def _resources(process: Process) -> Resources:
    sleep(SETTLE_SECONDS)
    return Resources(process.resident_mib(), process.descriptors(), process.threads())
