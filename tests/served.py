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


def start(environment: Mapping[str, str], log: Path, *, under: Sequence[str] = (), module: str = "server") -> Served:
    """Start the server without waiting for it.

    Args:
        environment: Its variables. By default it listens on a free port, with metrics and docs.
        log: Where its output goes.
        under: A command that runs it, with arguments.
        module: What Python runs.
    """
    port = environment.get("PORT") or free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*under, sys.executable, "-m", module],
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
def serving(environment: Mapping[str, str], log: Path, module: str = "server") -> Iterator[Served]:
    """Run a server that is ready, and kill it at the end if the test has not stopped it."""
    served = start(environment, log, module=module)
    try:
        wait_until_ready(served)
        yield served
    finally:
        served.process.kill()
        served.process.wait()
