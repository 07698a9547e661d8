"""The pod that runs the experiment: what it prints, its live page, its exit status and its run folder."""

import signal
import subprocess
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from loadtest.live.process import PORT
from loadtest.pods.kubectl import POLL_SECONDS, Kubectl
from loadtest.users.models import CannotRunError

JOB = "mlserving-locust-master"
COMPONENT = "master"
COULD_NOT_RUN = 2  # the highest exit status of an experiment; a killed one has another
END_SECONDS = 10  # in which Kubernetes must have noticed that a container has ended


def handle(handler: Any) -> None:
    """Set what Ctrl-C and SIGTERM do."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)


def follow(kubectl: Kubectl) -> int:
    """Print what the experiment prints until it ends, and return its exit status.

    After Ctrl-C it ends early and still writes its report. After a second one it is not waited for.

    Raises:
        CannotRunError: The pod was lost.
    """

    def leave(*_: Any) -> None:
        raise CannotRunError("Interrupted again, before the report could be fetched.")

    def interrupt(*_: Any) -> None:
        handle(leave)
        kubectl.start("exec", f"job/{JOB}", "--container", "loadtest", "--", "sh", "-c", "kill -INT 1").wait()

    handle(interrupt)
    since: list[str] = []
    while True:
        with kubectl.start("logs", "--follow", f"job/{JOB}", "--container", "loadtest", *since) as log:
            try:
                log.wait()
            finally:
                log.kill()
        end = time.monotonic() + END_SECONDS
        while time.monotonic() < end:
            if (status := exit_status(kubectl)) is not None:
                return status
            time.sleep(POLL_SECONDS)
        since = ["--since", f"{END_SECONDS}s"]  # the connection broke, but the experiment goes on


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


@contextmanager
def page_forwarded(kubectl: Kubectl) -> Iterator[None]:
    """Forward the port of the live page, so that the address that the experiment prints is right here, too."""
    with kubectl.start("port-forward", f"job/{JOB}", str(PORT), stdout=subprocess.DEVNULL) as forward:
        try:
            yield
        finally:
            forward.kill()


def fetch(kubectl: Kubectl, output: Path) -> Path | None:
    """Copy the run folder out of the pod and return it; None if there is none. Raises CannotRunError."""
    output.mkdir(parents=True, exist_ok=True)
    folder = None
    words = ("exec", f"job/{JOB}", "--container", "reports", "--", "tar", "-C", "reports", "-cf", "-", ".")
    with kubectl.start(*words, stdout=subprocess.PIPE) as process:
        try:
            with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
                for member in archive:
                    archive.extract(member, output, filter="data")
                    if member.isfile():
                        folder = output / PurePosixPath(member.name).parts[0]
        except tarfile.TarError as error:
            raise CannotRunError(f"The run folder could not be fetched: {error}.") from error
    return folder
