"""Record the state of the cluster in each second: autoscaler, Deployment, pods, their CPU, and the events.

A run is a file of lines, `cluster.jsonl`, with one JSON object per second. A second in which the API did not respond
in time is written as `{"t": …, "missing": reason}`; nothing is filled in. Times are seconds since the epoch, UTC.
"""

import json
import os
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from kubernetes import client, config
from kubernetes.config import ConfigException
from urllib3.exceptions import HTTPError

from loadtest.cluster import parse

HPA = "ml-serving-hpa"
NAMESPACE = "default"
TIMEOUT = (0.5, 1.5)  # seconds to connect and to read
API_ERRORS = (client.ApiException, HTTPError, OSError, json.JSONDecodeError)
NOT_OURS = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
EVENTS_EVERY = 5  # seconds; an event carries its own time, so it may be read late


class NoClusterError(Exception):
    """There is no kubeconfig, and no service account of a pod that may observe the cluster."""


class ClusterError(Exception):
    """There is a kubeconfig, but the autoscaler cannot be read with it."""


@dataclass
class Recorder:
    """Reads one autoscaler of a namespace and the Deployment that it scales."""

    api: Any
    namespace: str
    autoscaler: str = HPA
    deployment: str = ""
    selector: str = ""
    events_seen: set[tuple[str, int]] = field(default_factory=set)
    events_due: float = 0.0

    @classmethod
    def connect(cls, namespace: str | None, context: str | None, autoscaler: str = HPA) -> "Recorder":
        """Connect to the current cluster.

        Args:
            namespace: Of the autoscaler; None if the caller did not ask for one.
            context: Of the kubeconfig; None for the current one.
            autoscaler: Its name.

        Raises:
            NoClusterError: There is no cluster to connect to, or only that of a pod in which nobody asked for it.
            ClusterError: The autoscaler cannot be read.
        """
        settings, in_pod = connection(context)
        recorder = cls(client.ApiClient(settings), namespace or NAMESPACE, autoscaler)
        try:
            recorder.find()
        except API_ERRORS as error:
            why = (
                f"The autoscaler {autoscaler} in namespace {recorder.namespace} of {settings.host} cannot be read: "
                f"{reason(error)}."
            )
            # Such as a CI runner, whose pod belongs to a cluster that has nothing to do with the host.
            if in_pod and namespace is None and getattr(error, "status", None) in NOT_OURS:
                raise NoClusterError(why) from error
            raise ClusterError(
                f"{why} Deploy it (kubectl apply -f k8s), or measure the host alone with --no-cluster."
            ) from error
        return recorder

    def find(self) -> None:
        """Find the Deployment and its pods through the autoscaler, and skip the events of the past."""
        self.deployment = self.hpa()["spec"]["scaleTargetRef"]["name"]
        labels = self.read_deployment()["spec"]["selector"]["matchLabels"]
        self.selector = ",".join(f"{name}={value}" for name, value in labels.items())
        self.new_events()

    def hpa(self) -> dict[str, Any]:
        api = client.AutoscalingV2Api(self.api)
        return decode(api.read_namespaced_horizontal_pod_autoscaler(self.autoscaler, self.namespace, **RAW))

    def read_deployment(self) -> dict[str, Any]:
        return decode(client.AppsV1Api(self.api).read_namespaced_deployment(self.deployment, self.namespace, **RAW))

    def pods(self) -> list[dict[str, Any]]:
        api = client.CoreV1Api(self.api)
        pods = decode(api.list_namespaced_pod(self.namespace, label_selector=self.selector, **RAW))
        return list(pods["items"])

    def nodes(self) -> list[dict[str, Any]]:
        """Return the cluster's nodes; none for a user who may only read a namespace."""
        try:
            return list(decode(client.CoreV1Api(self.api).list_node(**RAW))["items"])
        except client.ApiException:
            return []

    def metrics(self) -> list[dict[str, Any]]:
        """Return the CPU of each pod as metrics-server last measured it; none while it has no sample."""
        path = ("metrics.k8s.io", "v1beta1", self.namespace, "pods")
        try:
            api = client.CustomObjectsApi(self.api)
            return list(decode(api.list_namespaced_custom_object(*path, label_selector=self.selector, **RAW))["items"])
        except client.ApiException:
            return []  # 503 until the first sample, 404 without metrics-server

    def new_events(self) -> list[dict[str, Any]]:
        """Return the events of the autoscaler, the pods and the replica sets since the last call."""
        events = decode(client.CoreV1Api(self.api).list_namespaced_event(self.namespace, **RAW))["items"]
        fresh = []
        for event in events:
            key = (event["metadata"]["uid"], event.get("count") or 1)
            name = event["involvedObject"].get("name", "")
            if key in self.events_seen or not name.startswith((self.autoscaler, self.deployment)):
                continue
            self.events_seen.add(key)
            fresh.append(parse.event(event))
        return sorted(fresh, key=lambda event: event["at"] or 0)

    def observe(self, now: float) -> dict[str, Any]:
        """Return the line of `cluster.jsonl` for the second of `now` (epoch)."""
        t = int(now)
        try:
            line = {
                "t": t,
                "hpa": parse.autoscaler(self.hpa()),
                "ready": self.read_deployment().get("status", {}).get("readyReplicas", 0),
                "pods": [parse.pod(pod) for pod in self.pods()],
                "cpu": {pod["metadata"]["name"]: parse.used_millicores(pod) for pod in self.metrics()},
                "events": [],
            }
            if now >= self.events_due:
                line["events"] = self.new_events()
                self.events_due = now + EVENTS_EVERY
        except API_ERRORS as error:
            return {"t": t, "missing": reason(error)}
        return line


def connection(context: str | None) -> tuple[client.Configuration, bool]:
    """Return how to reach the API, and whether as the service account of a pod, which has no kubeconfig.

    Raises:
        NoClusterError: There is neither.
        ClusterError: The kubeconfig cannot be used.
    """
    settings, in_pod = client.Configuration(), False
    try:
        config.load_kube_config(os.environ.get("KUBECONFIG"), context, settings)
    except ConfigException as error:
        if context is not None or "KUBECONFIG" in os.environ:
            raise ClusterError(f"The kubeconfig cannot be used: {error}") from error
        try:
            config.load_incluster_config(settings)
        except ConfigException:
            raise NoClusterError("No kubeconfig found.") from error
        in_pod = True
    settings.retries = False
    return settings, in_pod


# Plain JSON: the client's own classes cost ten times the CPU of the response that they wrap.
RAW: dict[str, Any] = {"_preload_content": False, "_request_timeout": TIMEOUT}


def decode(response: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(response.data)
    return body


def reason(error: Exception) -> str:
    """Return one line for a person."""
    if isinstance(error, client.ApiException):
        return f"{error.status} {error.reason}"
    return str(error).splitlines()[0][:200] or type(error).__name__


def current_context() -> str:
    """Return kubectl's current context."""
    _, current = config.list_kube_config_contexts(os.environ.get("KUBECONFIG"))
    name: str = current["name"]
    return name
