"""The privileged pod through which faults are caused on a node, by `on_node.py`."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kubernetes import client, stream

from loadtest.cluster.record import API_ERRORS, RAW, decode, reason
from loadtest.faults.target import RETRY_SECONDS, WRITE, FaultError, Target

NAMESPACE = "kube-system"  # the namespace of the served pods may admit only restricted ones
SCRIPT = (Path(__file__).parent / "on_node.py").read_text(encoding="utf-8")
RUN = ("sh", "-c", 'exec python -c "$SCRIPT" "$@"', "on_node")
START_SECONDS = 30
RESERVE = 120  # seconds after which the pod ends by itself if nobody deletes it


@dataclass(frozen=True)
class Agent:
    target: Target
    pod: str
    node: str

    def run(self, *words: str) -> None:
        """Run a command of `on_node.py` and wait for its end. Raises FaultError if it fails."""
        with self._exec(words) as connection:
            connection.run_forever(timeout=60)
            code = connection.returncode  # `read_all` forgets it
            if code:
                raise FaultError(connection.read_all().strip() or f"{words[0]} ended with {code}.")

    @contextmanager
    def hold(self, *words: str) -> Iterator[None]:
        """Run a command that lasts, and end it. Raises FaultError if it ends at once."""
        with self._exec(words) as connection:
            connection.update(timeout=2)
            if not connection.is_open():
                raise FaultError(connection.read_all().strip() or f"{words[0]} ended at once.")
            try:
                yield
            finally:
                self.run("end")
                connection.run_forever(timeout=10)

    @contextmanager
    def _exec(self, words: tuple[str, ...]) -> Iterator[Any]:
        # `stream` makes an API client that can do nothing else, so it gets one of its own.
        api = client.CoreV1Api(client.ApiClient(self.target.recorder.api.configuration))
        connection = stream.stream(
            api.connect_get_namespaced_pod_exec,
            self.pod,
            NAMESPACE,
            command=[*RUN, *words],
            stderr=True,
            stdin=False,
            stdout=True,
            tty=False,
            _preload_content=False,
        )
        try:
            yield connection
        finally:
            connection.close()
            connection.sock.shutdown()  # `close` leaves the socket open if the other side closed first


@contextmanager
def agent(target: Target, seconds: int) -> Iterator[Agent]:
    """Run the agent beside the oldest ready pod, for at most so many seconds.

    Raises:
        FaultError: It does not start.
    """
    pod = target.ready_pod()
    name = f"mlserving-faults-{secrets.token_hex(3)}"
    try:
        target.core.create_namespaced_pod(NAMESPACE, manifest(name, pod, seconds + RESERVE), **WRITE)
        try:
            _wait_until_running(target, name)
            yield Agent(target, name, pod["spec"]["nodeName"])
        finally:
            _delete(target, name)
    except client.ApiException as error:
        raise FaultError(f"The pod that causes faults on the node was refused: {reason(error)}.") from error


def manifest(name: str, pod: dict[str, Any], seconds: int) -> dict[str, Any]:
    """Return a pod on the same node, of the same image, which asks for as much CPU as the pod."""
    container = pod["spec"]["containers"][0]
    requests = {"cpu": container.get("resources", {}).get("requests", {}).get("cpu", "100m")}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/name": "mlserving-faults"}},
        "spec": {
            "nodeName": pod["spec"]["nodeName"],
            "hostPID": True,
            "restartPolicy": "Never",
            "activeDeadlineSeconds": seconds,
            "terminationGracePeriodSeconds": 0,
            "automountServiceAccountToken": False,
            "tolerations": [{"operator": "Exists"}],
            "containers": [
                {
                    "name": "faults",
                    "image": container["image"],
                    "imagePullPolicy": container.get("imagePullPolicy", "IfNotPresent"),
                    "command": [*RUN, "wait", str(seconds)],
                    "env": [{"name": "SCRIPT", "value": SCRIPT}],
                    "resources": {"requests": requests},
                    "securityContext": {"privileged": True, "runAsUser": 0},
                }
            ],
        },
    }


def _wait_until_running(target: Target, name: str) -> None:
    until = time.monotonic() + START_SECONDS
    phase = "Pending"
    while time.monotonic() < until:
        phase = decode(target.core.read_namespaced_pod(name, NAMESPACE, **RAW))["status"]["phase"]
        if phase != "Pending":
            break
        time.sleep(0.3)
    if phase != "Running":
        raise FaultError(f"The pod that causes faults on the node did not start: it is {phase}.")


def _delete(target: Target, name: str) -> None:
    """Delete the pod, even if the API server is only just coming back."""
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            target.core.delete_namespaced_pod(name, NAMESPACE, **WRITE)
            break
        except API_ERRORS as error:
            if time.monotonic() > until:
                raise FaultError(f"The pod {name} in {NAMESPACE} could not be deleted: {reason(error)}.") from error
            time.sleep(RETRY_SECONDS)
