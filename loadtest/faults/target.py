"""What faults are injected into: the pods of the Deployment under load, and the cluster around them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from kubernetes import client

from loadtest.cluster import parse
from loadtest.cluster.record import API_ERRORS, Recorder, current_context
from loadtest.shapes import Shape

WRITE: dict[str, Any] = {"_request_timeout": (2, 10)}
READ: dict[str, Any] = {**WRITE, "_preload_content": False}
RETRY_SECONDS = 1.0
INSIST_SECONDS = 30.0


class FaultError(Exception):
    """A fault could not be injected, or not undone."""


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
            raise ValueError("Faults need a cluster, and none is observed. Leave them out, or name one with --context.")
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

    def evict(self, pod: str, until: float) -> None:
        """Evict a pod as `kubectl drain` does, which asks again while the PodDisruptionBudget forbids it.

        Args:
            pod: Its name.
            until: When to stop asking, by the monotonic clock.

        Raises:
            FaultError: It was forbidden until then.
        """
        while not self._evicted(pod):
            if time.monotonic() > until:
                raise FaultError(f"The PodDisruptionBudget forbade the eviction of {pod}.")
            time.sleep(RETRY_SECONDS)

    def _evicted(self, pod: str) -> bool:
        try:
            self.core.create_namespaced_pod_eviction(pod, self.namespace, {"metadata": {"name": pod}}, **WRITE)
        except client.ApiException as error:
            if error.status not in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.NOT_FOUND):
                raise
            return bool(error.status == HTTPStatus.NOT_FOUND)  # it has gone already
        return True

    def container(self) -> dict[str, Any]:
        """Return the first container of the Deployment's template."""
        template = self.recorder.read_deployment()["spec"]["template"]
        container: dict[str, Any] = template["spec"]["containers"][0]
        return container


def insist(write: Callable[[], object]) -> None:
    """Repeat a write that undoes a fault until the API server takes it, which may only just be coming back."""
    until = time.monotonic() + INSIST_SECONDS
    while True:
        try:
            write()
            break
        except API_ERRORS as error:
            if isinstance(error, client.ApiException) and error.status == HTTPStatus.NOT_FOUND:
                break  # what was to be undone has gone
            if time.monotonic() > until:
                raise
            time.sleep(RETRY_SECONDS)
