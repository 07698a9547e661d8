"""One run of wrk on the second core."""

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from loadtest.bench.process import LOAD_CORE
from loadtest.bench.request_spec import WrongAnswer

SCRIPT = Path(__file__).with_name("post.lua")


@dataclass(frozen=True)
class Load:
    """What one run came to; refused: answers of 400 and above, broken: connections that failed or fell silent."""

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


def load(port: int, request: bytes, seconds: int, connections: int) -> Load:
    """Send the request over so many connections, on each as soon as the one before is answered.

    Raises WrongAnswer where not one came.
    """
    with tempfile.NamedTemporaryFile() as file:
        file.write(request)
        file.flush()
        made = Load(**json.loads(last_line(port, SCRIPT, file.name, seconds, connections)))
    if not made.requests:
        raise WrongAnswer(f"Port {port} answered nothing for {seconds} s: {made}.")
    return made


def last_line(port: int, script: Path, file: str, seconds: int, connections: int, threads: int = 1) -> str:
    """What `script`, given `file`, prints at the end of a run. Raises WrongAnswer where wrk cannot run it."""
    shape = [f"--threads={threads}", f"--connections={connections}", f"--duration={seconds}s", "--timeout=60s"]
    words = [*shape, f"--script={script}", f"http://127.0.0.1:{port}/", "--", file]
    done = subprocess.run(["taskset", "-c", str(LOAD_CORE), "wrk", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise WrongAnswer(f"wrk failed on port {port}: {done.stdout[-1000:]}{done.stderr[-1000:]}")
    return done.stdout.splitlines()[-1]
