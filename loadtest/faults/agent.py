"""The privileged pod through which faults are injected on a node, by `on_node.py`."""

import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kubernetes import client, stream

from loadtest.cluster.record import API_ERRORS, decode, reason
from loadtest.faults.on_node import BEGUN
from loadtest.faults.target import INSIST_SECONDS, READ, WRITE, FaultError, Target, insist

NAMESPACE = "kube-system"  # the namespace of the served pods may admit only restricted ones
SCRIPT = (Path(__file__).parent / "on_node.py").read_text(encoding="utf-8")
RUN = ("sh", "-c", 'exec python -c "$SCRIPT" "$@"', "on_node")
COMMAND_SECONDS = 20
RESERVE = 60  # seconds after which the pod, and what it does, ends by itself if nobody ends it


@dataclass(frozen=True)
class Agent:
    target: Target
    pod: str
    node: str

    def run(self, *words: str) -> str:
        """Run a command of `on_node.py` and return what it prints. Raises FaultError if it fails."""
        with self._exec(words) as connection:
            return _finish(connection, words[0])

    @contextmanager
    def hold(self, *words: str, seconds: int) -> Iterator[None]:
        """Run a command that lasts, and end it. Raises FaultError if it does not begin, or fails to undo itself."""
        token = secrets.token_hex(4)
        with self._exec((*words, str(seconds + RESERVE), token)) as connection:
            if connection.readline_stdout(timeout=COMMAND_SECONDS) != BEGUN:
                raise FaultError(_finish(connection, words[0]) or f"{words[0]} did not begin.")
            try:
                yield
            finally:
                self.run("end", token)
                _finish(connection, words[0])

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


def _finish(connection: Any, command: str) -> str:
    """Wait until a command has ended, and return what it printed. Raises FaultError if it failed."""
    connection.run_forever(timeout=COMMAND_SECONDS)
    code = None
    with suppress(TypeError, KeyError, ValueError):  # the connection was closed without an exit status
        code = connection.returncode
    output: str = connection.read_all().strip()  # it forgets the exit status
    if code != 0:
        raise FaultError(output or f"{command} did not end properly.")
    return output


@contextmanager
def agent(target: Target, seconds: int) -> Iterator[Agent]:
    """Run the agent beside the oldest ready pod, for at most so many seconds.

    Raises:
        FaultError: It does not start.
    """
    pod = target.ready_pod()
    name = f"mlserving-faults-{secrets.token_hex(3)}"
    try:
        _start(target, manifest(name, pod, seconds + 2 * RESERVE))
        yield Agent(target, name, pod["spec"]["nodeName"])
    finally:
        try:
            insist(lambda: target.core.delete_namespaced_pod(name, NAMESPACE, **WRITE))
        except API_ERRORS as error:  # it ends by itself
            print(f"The pod {name} in {NAMESPACE} could not be deleted: {reason(error)}.", file=sys.stderr)


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


def _start(target: Target, pod: dict[str, Any]) -> None:
    try:
        target.core.create_namespaced_pod(NAMESPACE, pod, **WRITE)
    except client.ApiException as error:
        raise FaultError(f"The pod that injects faults on the node was refused: {reason(error)}.") from error
    until, phase = time.monotonic() + INSIST_SECONDS, "Pending"
    while phase == "Pending" and time.monotonic() < until:
        time.sleep(0.3)
        with suppress(*API_ERRORS):
            found = target.core.read_namespaced_pod(pod["metadata"]["name"], NAMESPACE, **READ)
            phase = decode(found)["status"]["phase"]
    if phase != "Running":
        raise FaultError(f"The pod that injects faults on the node did not start: it is {phase}.")
