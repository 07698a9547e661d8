"""The pod that runs the experiment: what it prints, its live page, its exit status and its run folder."""

import math
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from types import FrameType

from loadtest.live import process as live
from loadtest.pods.kubectl import NAME, POLL_SECONDS, Kubectl
from loadtest.users.models import CannotRunError

JOB = f"{NAME}-master"
COMPONENT = "master"
COULD_NOT_RUN = 2  # the highest exit status of an experiment; a killed one has another
END_SECONDS = 10  # in which Kubernetes must have noticed that a container has ended
FETCHES = 3  # attempts to copy the run folder
FETCH_PAUSE = 5.0  # seconds between them


def handle(handler: Callable[[int, FrameType | None], object] | signal.Handlers) -> None:
    """Set what Ctrl-C and SIGTERM do."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)


def leave(*_: object) -> None:
    raise CannotRunError("Interrupted before the report could be fetched.")


def follow(kubectl: Kubectl) -> int:
    """Print what the experiment prints until it ends, and return its exit status.

    After Ctrl-C it ends early and still writes its report. After a second one it is not waited for.

    Raises:
        CannotRunError: The pod was lost.
    """

    def interrupt(*_: object) -> None:
        handle(leave)
        print("Interrupted: the load ends, and its report follows. Ctrl-C again leaves without it.", file=sys.stderr)
        kubectl.start("exec", f"job/{JOB}", "--container", "loadtest", "--", "sh", "-c", "kill -INT 1").wait()

    handle(interrupt)
    since: list[str] = []
    with ExitStack() as pages:
        pages.callback(handle, leave)
        while True:
            words = ("logs", "--follow", f"job/{JOB}", "--container", "loadtest", *since)
            with kubectl.start(*words, stdout=subprocess.PIPE) as log:
                try:
                    for line in log.stdout or ():
                        show(line.decode(errors="replace"), kubectl, pages)
                finally:
                    log.kill()
            broke = time.monotonic()
            while time.monotonic() < broke + END_SECONDS:
                if (status := exit_status(kubectl)) is not None:
                    return status
                time.sleep(POLL_SECONDS)
            # The connection broke, but the experiment goes on.
            since = ["--since", f"{math.ceil(time.monotonic() - broke)}s"]


def show(line: str, kubectl: Kubectl, pages: ExitStack) -> None:
    """Print a line of the experiment. The address of its live page becomes one of this machine."""
    if line.startswith(live.ANNOUNCEMENT):
        line = f"{live.ANNOUNCEMENT}{pages.enter_context(page_forwarded(kubectl))}\n"
    print(line, end="", flush=True)


@contextmanager
def page_forwarded(kubectl: Kubectl) -> Iterator[str]:
    """Forward a free port to the live page, and yield its address. kubectl gives up if nothing listens there yet."""
    with live.listen() as probe:
        port = probe.getsockname()[1]
    words = ("port-forward", f"job/{JOB}", f"{port}:{live.PORT}")
    with kubectl.start(*words, stdout=subprocess.DEVNULL) as forward:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            forward.kill()


def exit_status(kubectl: Kubectl) -> int | None:
    """Return the experiment's exit status; None while it runs. Raises CannotRunError if the pod is lost."""
    for pod in kubectl.pods(COMPONENT):
        for container in pod["status"].get("containerStatuses", []):
            if container["name"] == "loadtest":
                ended = container["state"].get("terminated")
                if ended and ended["exitCode"] > COULD_NOT_RUN:
                    raise CannotRunError(f"The experiment did not end by itself: {ended.get('reason')}.")
                return int(ended["exitCode"]) if ended else None
    raise CannotRunError("The pod of the experiment was lost, and its files with it.")


def fetch(kubectl: Kubectl, output: Path) -> Path | None:
    """Copy the run folder out of the pod and return it; None if there is none.

    Raises:
        CannotRunError: It could not be copied completely, also not in another attempt.
    """
    output.mkdir(parents=True, exist_ok=True)
    left = FETCHES
    while True:
        try:
            return _copy(kubectl, output)
        except tarfile.TarError as error:
            left -= 1
            if not left:
                raise CannotRunError(f"The run folder could not be fetched: {error}.") from error
            time.sleep(FETCH_PAUSE)


def _copy(kubectl: Kubectl, output: Path) -> Path | None:
    """Copy the files of the run folder. Raises TarError if some are missing."""
    folder = None
    words = ("exec", f"job/{JOB}", "--container", "reports", "--", "tar", "-C", "reports", "-cf", "-", ".")
    with kubectl.start(*words, stdout=subprocess.PIPE) as process:
        try:
            with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
                for member in archive:
                    if member.isfile():
                        archive.extract(member, output, filter="data")
                        folder = output / PurePosixPath(member.name).parts[0]
            if code := process.wait():
                raise tarfile.ReadError(f"kubectl exec ended with {code}")
        finally:
            process.kill()
    return folder
