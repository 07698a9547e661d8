"""Start the process that serves the page of an experiment, and end it with the experiment.

It is a process of its own at the lowest priority, which reads the files of the run: drawing a chart takes a third of a
second of CPU, and as a thread of the recorder it would hold up the recorder.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loadtest.cluster import preflight

ANNOUNCEMENT = "Watch it at "  # what comes before the address in the output of an experiment
PORT = 8050  # if it is free, so that a page can be left open or bookmarked; otherwise any other
END_SECONDS = 10


@contextmanager
def serving(folder: Path) -> Iterator[str | None]:
    """Serve the page of a run folder and yield its address; None, after a sentence, if it could not be started.

    Afterwards everybody who watches gets the report, if there is one, and the port closes. It closes too if this
    process is killed: the other one reads a pipe from it to the end.
    """
    try:
        process, address = _start(folder)
    except OSError as error:
        print(f"The live page could not be started: {error}. The load test runs without it.", file=sys.stderr)
        yield None
        return
    try:
        yield address
    finally:
        _end(process)


def _start(folder: Path) -> tuple["subprocess.Popen[bytes]", str]:
    """Return the process that serves the page, and its address. Raises OSError."""
    with listen() as listener:
        command = ["nice", "-n", "19", sys.executable, "-m", "loadtest.live", str(folder), str(listener.fileno())]
        # A session of its own: Ctrl-C reaches this process alone, which still writes the report.
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
            env=os.environ | {"PYTHONPATH": str(preflight.ROOT)},
            start_new_session=True,
        )
        return process, f"http://127.0.0.1:{listener.getsockname()[1]}"


def listen() -> socket.socket:
    """Return a listening socket. Whoever connects before the page's process is ready waits for it."""
    try:
        return socket.create_server(("127.0.0.1", PORT))
    except OSError:
        return socket.create_server(("127.0.0.1", 0))


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(END_SECONDS)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        process.wait()
