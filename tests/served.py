"""A real server process on a free port."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Served:
    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def stop(self, number: signal.Signals = signal.SIGTERM, timeout: float = 15) -> int:
        """Send a signal and return the exit status."""
        self.process.send_signal(number)
        return self.process.wait(timeout)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(environment: Mapping[str, str], log: Path, *, under: Sequence[str] = ()) -> Served:
    """Start the server, `under` another command, without waiting for it; its output goes to `log`."""
    port = environment.get("PORT") or free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*under, sys.executable, "-m", "server"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PORT": str(port), "METRICS_PORT": str(port), "DOCS": "on", **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return Served(f"http://127.0.0.1:{port}", process, log)


def wait_until_ready(served: Served, timeout: float = 30) -> None:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        assert served.process.poll() is None, served.log.read_text()
        try:
            if httpx.get(f"{served.url}/health/ready").status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"not ready after {timeout} s: {served.log.read_text()}")


@contextmanager
def serving(environment: Mapping[str, str], log: Path) -> Iterator[Served]:
    """A ready server; killed at the end if the test has not stopped it."""
    served = start(environment, log)
    try:
        wait_until_ready(served)
        yield served
    finally:
        served.process.kill()
        served.process.wait()
