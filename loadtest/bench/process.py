"""A server as a process on the first core, and what the kernel tells of it; the load is made on the second."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from loadtest.bench.request_spec import Ask, WrongAnswer

ROOT = Path(__file__).resolve().parents[2]
SERVER_CORE, LOAD_CORE = 0, 1
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
START_SECONDS = 60
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Start:
    """How a server is started on a port: what follows `python`, and what its environment holds beside PATH."""

    words: Sequence[str]
    environment: Mapping[str, str]
    port: int


@dataclass(frozen=True)
class Process:
    port: int
    popen: "subprocess.Popen[bytes]"
    log: Path

    def cpu_seconds(self) -> float:
        """User and system time of all its threads so far."""
        words = self._proc("stat").rsplit(")", 1)[1].split()
        return (int(words[11]) + int(words[12])) / TICKS

    def resident_mib(self) -> float:
        return self._status("VmRSS") / 1024

    def threads(self) -> int:
        return self._status("Threads")

    def descriptors(self) -> int:
        return len(list(Path(f"/proc/{self.popen.pid}/fd").iterdir()))

    def wait_for(self, ask: Ask) -> None:
        """Until the first right answer. Raises WrongAnswer where another comes, or the server ends or stays silent."""
        end = monotonic() + START_SECONDS
        while monotonic() < end and self.popen.poll() is None:
            try:
                ask.check(self.port)
            except ConnectionError:
                sleep(0.005)
            else:
                return
        raise WrongAnswer(f"The server did not start: {self._last_words()}")

    def forget_log(self) -> None:
        """Empty the log, which would otherwise grow to gigabytes; the server goes on writing at its new end."""
        os.truncate(self.log, 0)

    def _status(self, name: str) -> int:
        lines = dict(line.split(":", 1) for line in self._proc("status").splitlines())
        return int(lines[name].split()[0])

    def _last_words(self) -> str:
        return self.log.read_text(errors="replace")[-2000:]

    def _proc(self, file: str) -> str:
        if self.popen.poll() is not None:
            raise WrongAnswer(f"The server ended: {self._last_words()}")
        return Path(f"/proc/{self.popen.pid}/{file}").read_text()


@contextmanager
def running(start: Start, folder: Path) -> Iterator[Process]:
    """The server as a process; stopped at the end."""
    log = folder / f"{start.port}.log"
    with log.open("ab") as output:
        popen = subprocess.Popen(
            ["taskset", "-c", str(SERVER_CORE), sys.executable, *start.words],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **ONE_THREAD, **start.environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        yield Process(start.port, popen, log)
    finally:
        popen.send_signal(signal.SIGKILL)
        popen.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
