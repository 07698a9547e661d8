"""What faults are caused to: the pods of the Deployment under load, and the cluster around them."""

import time
from dataclasses import dataclass
from typing import Any

from kubernetes import client

from loadtest.cluster import parse
from loadtest.cluster.record import Recorder, current_context
from loadtest.shapes import Shape

WRITE: dict[str, Any] = {"_request_timeout": (2, 10)}
RETRY_SECONDS = 1.0
TOO_MANY_REQUESTS = 429  # what an eviction is answered while the PodDisruptionBudget forbids it


class FaultError(Exception):
    """A fault could not be caused, or not undone."""


@dataclass(frozen=True)
class Target:
    """The Deployment that the recorder observes, in the cluster of a kubectl context."""

    recorder: Recorder
    context: str

    @classmethod
    def of(cls, shape: Shape, recorder: Recorder | None, context: str | None) -> "Target | None":
        """Return the target of a shape's faults; None if it has none. Raises ValueError without a cluster."""
        if not shape.faults:
            return None
        if recorder is None:
            raise ValueError("Faults are caused to a cluster, and there is none to observe.")
        return cls(recorder, context or current_context())

    @property
    def core(self) -> client.CoreV1Api:
        return client.CoreV1Api(self.recorder.api)

    @property
    def apps(self) -> client.AppsV1Api:
        return client.AppsV1Api(self.recorder.api)

    @property
    def authorization(self) -> client.AuthorizationV1Api:
        return client.AuthorizationV1Api(self.recorder.api)

    @property
    def namespace(self) -> str:
        return self.recorder.namespace

    def ready_pods(self, node: str | None = None) -> list[dict[str, Any]]:
        """Return the pods that answer requests, the oldest first; only those of a node if it is named."""
        states = [(parse.pod(pod), pod) for pod in self.recorder.pods()]
        pods = [(state["created"], pod) for state, pod in states if state["ready"] and not state["leaving"]]
        oldest_first = [pod for _, pod in sorted(pods, key=lambda entry: entry[0])]
        return [pod for pod in oldest_first if node in (None, pod["spec"]["nodeName"])]

    def ready_pod(self, node: str | None = None) -> dict[str, Any]:
        """Return the oldest pod that answers requests. Raises FaultError if there is none."""
        pods = self.ready_pods(node)
        if not pods:
            raise FaultError(f"No pod of {self.recorder.deployment} is ready{f' on {node}' if node else ''}.")
        return pods[0]

    def evict(self, pod: str, seconds: float) -> None:
        """Evict a pod as `kubectl drain` does, which asks again while the PodDisruptionBudget forbids it.

        Raises:
            FaultError: It was forbidden for `seconds`.
        """
        until = time.monotonic() + seconds
        while not self._evicted(pod):
            if time.monotonic() > until:
                raise FaultError(f"The PodDisruptionBudget forbade the eviction of {pod} for {seconds:g} s.")
            time.sleep(RETRY_SECONDS)

    def _evicted(self, pod: str) -> bool:
        try:
            self.core.create_namespaced_pod_eviction(pod, self.namespace, {"metadata": {"name": pod}}, **WRITE)
        except client.ApiException as error:
            if error.status != TOO_MANY_REQUESTS:
                raise
            return False
        return True

    def container(self) -> dict[str, Any]:
        """Return the first container of the Deployment's template."""
        template = self.recorder.read_deployment()["spec"]["template"]
        container: dict[str, Any] = template["spec"]["containers"][0]
        return container
