"""Start and stop Locust: one process, or a master with workers, each of which sends a part of the load."""

import os
import signal
import socket
import subprocess
import sys
from argparse import ArgumentTypeError
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from loadtest.cluster import preflight
from loadtest.users.models import CannotRunError, format_weights
from loadtest.users.schedule import Arrivals
from loadtest.users.seconds_file import PROCESS_LOST

HERE = Path(__file__).parent
STOP_TIMEOUT = 15  # seconds in which users may finish their requests
STOP_SECONDS = STOP_TIMEOUT + 2
PORT = 5557  # of a master whose workers are on other machines or in pods
CONNECT_SECONDS = 30  # in which all workers must have connected to the master
FAILED_REQUESTS = 1  # Locust's exit code if a request failed (the report judges that) or if it failed itself
LOST = "A worker of the load generator was lost, so that part of the load was not sent: there is no verdict."
WORKERS = (
    "processes that share the users, for a load that one core cannot make; the default is a single process. "
    f"8@{PORT} waits for eight that other machines start and that connect to port {PORT}"
)


@dataclass(frozen=True)
class Workers:
    """The processes that have the users; they connect to `port`, or are started here if it is None."""

    count: int
    port: int | None = None


def parse_workers(text: str) -> Workers:
    """Parse a number, or number@port. Raises ArgumentTypeError."""
    numbers = text.split("@")
    if len(numbers) > len(("count", "port")) or not all(word.isascii() and word.isdigit() for word in numbers):
        numbers = ["0"]
    count, *ports = map(int, numbers)
    if not count or not all(0 < port < 2**16 for port in ports):
        raise ArgumentTypeError(f"{text!r} is not a number of workers from 1, such as 4, or 8@{PORT} with a port.")
    return Workers(count, *ports)


def start(
    folder: Path,
    log: IO[str],
    host: str,
    models: Mapping[str, int],
    arrivals: Arrivals | None = None,
    workers: Workers | None = None,
) -> "subprocess.Popen[bytes]":
    """Start Locust, which follows the shape of the run folder's plan.json and writes its load.jsonl.

    Args:
        folder: The run folder.
        log: Where the output of all processes goes.
        host: URL of the server.
        models: The models that users query, with their weights.
        arrivals: Of an open loop; None if each user waits for its responses.
        workers: Processes that share the users; None: one process does everything.
    """
    files = f"{HERE / 'locustfile.py'},{HERE / 'users' / 'stage_shape.py'}"
    command = [sys.executable, "-m", "locust", "-f", files, "--headless", "--only-summary", "--host", host]
    command += ["--models", format_weights(models), "--shape", str(folder / "plan.json")]
    command += ["--seconds-to", str(folder / "load.jsonl"), "--stop-timeout", str(STOP_TIMEOUT)]
    command += ["--open", arrivals] if arrivals else []
    command += _distribute(workers) if workers else []
    environment = os.environ | {"PYTHONPATH": str(preflight.ROOT)}
    # A session of its own: Ctrl-C reaches this process alone, which then stops Locust in order.
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True
    )


def _distribute(workers: Workers) -> list[str]:
    """Return the options for a master; nobody outside this machine can reach one that starts its own workers."""
    wait = ["--expect-workers-max-wait", str(CONNECT_SECONDS)]
    if workers.port is not None:
        return [*wait, "--master", "--expect-workers", str(workers.count), "--master-bind-port", str(workers.port)]
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    words = ["--processes", str(workers.count), "--master-bind-host", "127.0.0.1"]
    return [*wait, *words, "--master-bind-port", port, "--master-port", port]


def stop(locust: "subprocess.Popen[bytes]") -> None:
    """Stop Locust in order, or at once if that takes too long or Ctrl-C comes again."""
    locust.terminate()
    try:
        locust.wait(STOP_SECONDS)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        locust.kill()
        locust.wait()
    with suppress(ProcessLookupError):
        os.killpg(locust.pid, signal.SIGKILL)  # without their master, workers would go on for a minute


def check(code: int, folder: Path, *, failures: int) -> None:
    """Raise CannotRunError unless Locust's exit code only says that requests failed, of which there were `failures`."""
    if code == PROCESS_LOST:
        raise CannotRunError(LOST)
    if code and not (code == FAILED_REQUESTS and failures):
        raise CannotRunError(f"Locust ended with {code}:\n{_tail(folder / 'locust.log')}")


def _tail(path: Path) -> str:
    """Return the last lines of Locust's log before its tables."""
    return "\n".join(path.read_text(encoding="utf-8").split("\nType  ")[0].splitlines()[-8:])
