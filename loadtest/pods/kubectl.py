"""kubectl for one namespace, and the pods of k8s/locust as it sees them."""

import json
import os
import subprocess
import time
from dataclasses import dataclass
from typing import Any

from loadtest.users.models import CannotRunError

LABEL = "app.kubernetes.io/name=mlserving-locust"
START_SECONDS = 120  # in which the pods must have been scheduled and their image pulled
POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Kubectl:
    """Runs kubectl in sessions of its own, so that Ctrl-C reaches only the process that decides what it means."""

    context: str | None
    namespace: str

    def run(self, *words: str, stdin: str | None = None) -> str:
        """Return what kubectl prints. Raises CannotRunError if it fails."""
        done = subprocess.run(
            self._command(words), input=stdin, capture_output=True, text=True, check=False, start_new_session=True
        )
        if done.returncode:
            raise CannotRunError(f"kubectl {words[0]} failed: {done.stderr.strip()}")
        return done.stdout

    def start(self, *words: str, stdout: int | None = None) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(self._command(words), stdin=subprocess.DEVNULL, stdout=stdout, start_new_session=True)

    def pods(self, component: str) -> list[dict[str, Any]]:
        """Return the pods of the master or of the workers."""
        selector = f"{LABEL},app.kubernetes.io/component={component}"
        listed = json.loads(self.run("get", "pods", "--selector", selector, "--output", "json"))
        return list(listed["items"])

    def wait_until_started(self, component: str, count: int) -> None:
        """Wait until so many pods of the master or of the workers have started.

        Raises:
            CannotRunError: That takes too long; the message says why, as Kubernetes has it.
        """
        end = time.monotonic() + START_SECONDS
        while True:
            pods = self.pods(component)
            waiting = [pod for pod in pods if pod["status"]["phase"] == "Pending"]
            if len(pods) >= count and not waiting:
                return
            if time.monotonic() > end:
                why = _why(waiting[0]) if waiting else f"The Job has made {len(pods)}."
                raise CannotRunError(f"{count} pods ({component}) did not start within {START_SECONDS} s. {why}")
            time.sleep(POLL_SECONDS)

    def _command(self, words: tuple[str, ...]) -> list[str]:
        context = ["--context", self.context] if self.context else []
        return [os.environ.get("KUBECTL", "kubectl"), *context, "--namespace", self.namespace, *words]


def _why(pod: dict[str, Any]) -> str:
    """Say why a pod waits: a container cannot be made, or no node has room for it."""
    status = pod["status"]
    states = [container["state"].get("waiting") for container in status.get("containerStatuses", [])]
    unmet = [condition for condition in status.get("conditions", []) if condition["status"] == "False"]
    reasons = [f"{found['reason']}: {found.get('message', '')}" for found in [*filter(None, states), *unmet]]
    return f"{pod['metadata']['name']}: {next(iter(reasons), 'no reason is known')}"
