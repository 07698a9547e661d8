"""A server process on the first core, and its figures from /proc. The load generator runs on the second core."""

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
from typing import Protocol

from loadtest.bench.cpu_limit import limited
from loadtest.bench.request_spec import MeasurementError

ROOT = Path(__file__).resolve().parents[2]
SERVER_CORE, LOAD_CORE = 0, 1
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
START_TIMEOUT = 180  # seconds; a slow model on a fifth of a core takes more than one minute
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Checked(Protocol):
    """A request with the response that it must get."""

    def check(self, port: int) -> object:
        """Send it once. Raises MeasurementError, or OSError if there is no response."""


@dataclass(frozen=True)
class Command:
    """How to start a server.

    Attributes:
        arguments: the arguments of `python`.
        environment: the variables to set besides PATH and the limits on threads.
        port: the port on 127.0.0.1 that the server will listen on.
        grpc_port: that of gRPC, if it is measured.
        probe_port: that of the probes, if it is another one.
        cores: how much of its core the server may use.
    """

    arguments: Sequence[str]
    environment: Mapping[str, str]
    port: int
    grpc_port: int = 0
    probe_port: int | None = None
    cores: float = 1.0


@dataclass(frozen=True)
class Process:
    port: int
    popen: "subprocess.Popen[bytes]"
    log: Path
    grpc_port: int = 0
    probe_port: int | None = None

    def cpu_seconds(self) -> float:
        """Return the user and system time of all threads since the start."""
        fields = self._proc("stat").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND

    def resident_mib(self) -> float:
        return self._status("VmRSS") / 1024

    def threads(self) -> int:
        return self._status("Threads")

    def descriptors(self) -> int:
        return len(list(Path(f"/proc/{self.popen.pid}/fd").iterdir()))

    def wait_for(self, spec: Checked) -> None:
        """Wait for the first response and check it.

        Raises:
            MeasurementError: the response is wrong, the process ended, or it did not respond within START_TIMEOUT.
        """
        deadline = monotonic() + START_TIMEOUT
        while monotonic() < deadline and self.popen.poll() is None:
            try:
                spec.check(self.port)
            except ConnectionError:
                sleep(0.005)
            else:
                return
        raise MeasurementError(f"The server did not start. Its log ends: {self._log_tail()}")

    def truncate_log(self) -> None:
        """Empty the log, which would otherwise grow to gigabytes. The server keeps writing to it."""
        os.truncate(self.log, 0)

    def _status(self, name: str) -> int:
        lines = dict(line.split(":", 1) for line in self._proc("status").splitlines())
        return int(lines[name].split()[0])

    def _log_tail(self) -> str:
        return self.log.read_text(errors="replace")[-2000:]

    def _proc(self, file: str) -> str:
        if self.popen.poll() is not None:
            raise MeasurementError(f"The server ended. Its log ends: {self._log_tail()}")
        return Path(f"/proc/{self.popen.pid}/{file}").read_text()


@contextmanager
def running(command: Command, folder: Path) -> Iterator[Process]:
    """Run the server on its core with its log in `folder`, and kill it at the end."""
    log = folder / f"{command.port}.log"
    with limited(str(command.port), command.cores) as prefix, log.open("ab") as output:
        popen = subprocess.Popen(
            [*prefix, "taskset", "-c", str(SERVER_CORE), sys.executable, *command.arguments],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **ONE_THREAD, **command.environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        try:
            yield Process(command.port, popen, log, command.grpc_port, command.probe_port)
        finally:
            popen.send_signal(signal.SIGKILL)
            popen.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
