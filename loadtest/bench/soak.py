"""Very many requests, one in a hundred of them bad: each is answered as it should be, and the server does not grow."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import sleep

from loadtest.bench import mix, models, wrk
from loadtest.bench.process import Process, running
from loadtest.bench.request_spec import WrongAnswer
from loadtest.bench.servers import OURS

SCRIPT = Path(__file__).with_name("soak.lua")
CONNECTIONS = 8
SLICE_SECONDS = 5
WARM_UP_SHARE = 0.1
SETTLE_SECONDS = 2
"""For connections to be closed and the log to be written, before the process is looked at."""
GROWTH_MIB = 5.0


@dataclass(frozen=True)
class Reading:
    mib: float
    descriptors: int
    threads: int


@dataclass(frozen=True)
class Tally:
    """broken: connections that failed or fell silent; first_wrong: what was asked and answered there."""

    answered: int = 0
    wrong: int = 0
    broken: int = 0
    first_wrong: str = ""

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.answered + other.answered,
            self.wrong + other.wrong,
            self.broken + other.broken,
            self.first_wrong or other.first_wrong,
        )


@dataclass(frozen=True)
class Outcome:
    """The readings are those after the warm-up and at the end."""

    tally: Tally
    warm: Reading
    end: Reading

    def words(self) -> str:
        lines = [
            f"{self.tally.answered:,} requests answered, {self.tally.wrong:,} of them wrongly",
            *(
                f"{when}: {at.mib:.1f} MiB, {at.descriptors} file descriptors, {at.threads} threads"
                for when, at in (("after the warm-up", self.warm), ("at the end", self.end))
            ),
        ]
        return "\n".join(lines)

    def faults(self) -> Iterator[str]:
        if self.tally.wrong:
            yield f"{self.tally.wrong:,} answers were wrong, the first to {self.tally.first_wrong}"
        if self.tally.broken:
            yield f"{self.tally.broken:,} connections broke"
        if (growth := self.end.mib - self.warm.mib) > GROWTH_MIB:
            yield f"memory grew by {growth:.1f} MiB, over {GROWTH_MIB:.0f}"
        if self.end.descriptors > self.warm.descriptors:
            yield f"file descriptors rose from {self.warm.descriptors} to {self.end.descriptors}"
        if self.end.threads > self.warm.threads:
            yield f"threads rose from {self.warm.threads} to {self.end.threads}"


def soak(requests: int, folder: Path) -> Outcome:
    """Raises WrongAnswer where the server is not right to begin with, falls silent or ends."""
    model = models.logistic(folder)
    with running(OURS.start(model), folder) as process:
        process.wait_for(OURS.first(model.sample(1)))
        file = folder / "mix.lua"
        file.write_text(mix.lua(mix.good(model, process.port), mix.bad(model)))
        tally = _until(round(requests * WARM_UP_SHARE), Tally(), process, file)
        warm = _read(process)
        tally = _until(requests, tally, process, file)
        return Outcome(tally, warm, _read(process))


def _until(requests: int, tally: Tally, process: Process, file: Path) -> Tally:
    while tally.answered < requests and not tally.broken:
        tally += one_slice(process.port, file, SLICE_SECONDS)
        process.forget_log()
    return tally


def one_slice(port: int, file: Path, seconds: int) -> Tally:
    """The requests of `file`, made by mix.lua(), for so long. Raises WrongAnswer where none was answered."""
    line = wrk.last_line(port, SCRIPT, str(file), seconds, CONNECTIONS, threads=CONNECTIONS)
    answered, wrong, broken, first_wrong = line.split(" ", 3)
    if answered == "0":
        raise WrongAnswer(f"The server answered nothing for {seconds} s.")
    return Tally(int(answered), int(wrong), int(broken), first_wrong)


def _read(process: Process) -> Reading:
    sleep(SETTLE_SECONDS)
    return Reading(process.resident_mib(), process.descriptors(), process.threads())
