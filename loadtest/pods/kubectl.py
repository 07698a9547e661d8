"""kubectl for one namespace, and the pods of k8s/locust as it sees them."""

import json
import os
import shlex
import subprocess
import time
from dataclasses import dataclass
from typing import Any

from loadtest.cluster import preflight
from loadtest.format import listed
from loadtest.users.models import CannotRunError

FOLDER = preflight.ROOT / "k8s" / "locust"
NAME = "mlserving-locust"
LABEL = f"app.kubernetes.io/name={NAME}"
START_SECONDS = 120  # in which the pods must have been scheduled and their image pulled
UNREACHABLE_SECONDS = 120  # for which the API may be away, as while a control plane restarts
POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Kubectl:
    """Runs kubectl in sessions of its own, so that Ctrl-C reaches only the process that decides what it means."""

    context: str | None
    namespace: str

    def run(self, *words: str, stdin: str | None = None) -> str:
        """Return what kubectl prints. Raises CannotRunError if it fails or is missing."""
        command = self._command(words)
        try:
            done = subprocess.run(
                command, input=stdin, capture_output=True, text=True, check=False, start_new_session=True
            )
        except OSError as error:
            raise CannotRunError(
                f"{command[0]} cannot be run: {error.strerror}. A load from pods needs kubectl on PATH, or its path in "
                "KUBECTL."
            ) from error
        if done.returncode:
            raise CannotRunError(f"kubectl {words[0]} failed: {done.stderr.strip()}")
        return done.stdout

    def start(self, *words: str, stdout: int | None = None) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(self._command(words), stdin=subprocess.DEVNULL, stdout=stdout, start_new_session=True)

    def shown(self, *words: str) -> str:
        """Return the command line, to be pasted into another shell."""
        kubeconfig = os.environ.get("KUBECONFIG")
        return shlex.join([*(["env", f"KUBECONFIG={kubeconfig}"] if kubeconfig else []), *self._command(words)])

    def pods(self, component: str) -> list[dict[str, Any]]:
        """Return the pods of the master or of the workers. Raises CannotRunError if the API stays unreachable."""
        selector = f"{LABEL},app.kubernetes.io/component={component}"
        end = time.monotonic() + UNREACHABLE_SECONDS
        while True:
            try:
                found = self.run("get", "pods", "--selector", selector, "--output", "json", "--request-timeout", "10s")
                return list(json.loads(found)["items"])
            except CannotRunError:
                if time.monotonic() > end:
                    raise
                time.sleep(POLL_SECONDS)

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

    def left(self) -> str:
        """Name the objects of k8s/locust that exist, as far as that is known."""
        try:
            names = self.run("get", "-f", str(FOLDER), "--ignore-not-found", "--output", "name").split()
        except CannotRunError:
            names = []
        return listed(names) if names else f"perhaps everything of {FOLDER}"

    def _command(self, words: tuple[str, ...]) -> list[str]:
        context = ["--context", self.context] if self.context else []
        return [os.environ.get("KUBECTL", "kubectl"), *context, "--namespace", self.namespace, *words]


def _why(pod: dict[str, Any]) -> str:
    """Say why a pod waits: a container cannot be made, or no node has room for it."""
    status = pod["status"]
    states = [container["state"].get("waiting") for container in status.get("containerStatuses", [])]
    unmet = [condition for condition in status.get("conditions", []) if condition["status"] == "False"]
    found = [*filter(None, states), *unmet]
    # Some conditions have neither a reason nor a message, such as PodReadyToStartContainers.
    told = next((entry for entry in found if entry.get("message")), found[0] if found else {})
    why = filter(None, (told.get("reason", told.get("type")), told.get("message")))
    return f"{pod['metadata']['name']}: {': '.join(why) or 'no reason is known'}"
