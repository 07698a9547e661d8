"""What the cluster looked like in each second: autoscaler, Deployment, pods, their CPU, and the events.

A run is a file of lines, `cluster.jsonl`: one JSON object a second. A second in which the API did not answer in time
is written as `{"t": …, "missing": why}`; nothing is filled in. Times are seconds since the epoch, UTC.
"""

import json
import os
from dataclasses import dataclass, field
from typing import Any

from kubernetes import client, config
from kubernetes.config import ConfigException
from urllib3.exceptions import HTTPError

from loadtest.cluster import parse

HPA = "ml-serving-hpa"
TIMEOUT = (0.5, 1.5)  # seconds to connect, to read
API_ERRORS = (client.ApiException, HTTPError, OSError, json.JSONDecodeError)
EVENTS_EVERY = 5  # seconds; an event carries its own time


class NoClusterError(Exception):
    """No kubeconfig anywhere: there is no cluster to observe."""


class ClusterError(Exception):
    """There is a kubeconfig, and the autoscaler cannot be read with it."""


@dataclass
class Recorder:
    """Reads one autoscaler of a namespace and what it scales."""

    api: Any
    namespace: str
    deployment: str = ""
    selector: str = ""
    events_seen: set[tuple[str, int]] = field(default_factory=set)
    events_due: float = 0.0

    @classmethod
    def connect(cls, namespace: str, context: str | None) -> "Recorder":
        """Raises NoClusterError without a kubeconfig, ClusterError when the autoscaler cannot be read."""
        settings = client.Configuration()
        try:
            config.load_kube_config(os.environ.get("KUBECONFIG"), context, settings)
        except ConfigException as error:
            if context is None and "KUBECONFIG" not in os.environ:
                raise NoClusterError(str(error)) from error
            raise ClusterError(f"The kubeconfig cannot be used: {error}") from error
        settings.retries = False
        recorder = cls(client.ApiClient(settings), namespace)
        try:
            recorder.find()
        except API_ERRORS as error:
            raise ClusterError(
                f"The autoscaler {HPA} in namespace {namespace} of {settings.host} cannot be read: {reason(error)}. "
                "Deploy it (kubectl apply -f k8s), or measure the host alone with --no-cluster."
            ) from error
        return recorder

    def find(self) -> None:
        """Learn the Deployment and its pods from the autoscaler, and pass over the events that are there already."""
        self.deployment = self.hpa()["spec"]["scaleTargetRef"]["name"]
        labels = self.read_deployment()["spec"]["selector"]["matchLabels"]
        self.selector = ",".join(f"{name}={value}" for name, value in labels.items())
        self.new_events()

    def hpa(self) -> dict[str, Any]:
        api = client.AutoscalingV2Api(self.api)
        return parsed(api.read_namespaced_horizontal_pod_autoscaler(HPA, self.namespace, **RAW))

    def read_deployment(self) -> dict[str, Any]:
        return parsed(client.AppsV1Api(self.api).read_namespaced_deployment(self.deployment, self.namespace, **RAW))

    def pods(self) -> list[dict[str, Any]]:
        api = client.CoreV1Api(self.api)
        pods = parsed(api.list_namespaced_pod(self.namespace, label_selector=self.selector, **RAW))
        return list(pods["items"])

    def nodes(self) -> list[dict[str, Any]]:
        """The cluster's nodes; empty for a user who may look at a namespace only."""
        try:
            return list(parsed(client.CoreV1Api(self.api).list_node(**RAW))["items"])
        except client.ApiException:
            return []

    def metrics(self) -> list[dict[str, Any]]:
        """CPU of each pod as metrics-server last saw it; empty while it cannot say."""
        path = ("metrics.k8s.io", "v1beta1", self.namespace, "pods")
        try:
            api = client.CustomObjectsApi(self.api)
            return list(parsed(api.list_namespaced_custom_object(*path, label_selector=self.selector, **RAW))["items"])
        except client.ApiException:
            return []  # 503 until the first sample, 404 without metrics-server

    def new_events(self) -> list[dict[str, Any]]:
        """Events of the autoscaler, the Deployment's pods and replica sets that were not there at the last call."""
        events = parsed(client.CoreV1Api(self.api).list_namespaced_event(self.namespace, **RAW))["items"]
        fresh = []
        for event in events:
            key = (event["metadata"]["uid"], event.get("count") or 1)
            concerned = event["involvedObject"].get("name", "")
            if key in self.events_seen or not concerned.startswith((HPA, self.deployment)):
                continue
            self.events_seen.add(key)
            fresh.append(parse.event(event))
        return sorted(fresh, key=lambda event: event["at"] or 0)

    def observe(self, now: float) -> dict[str, Any]:
        """One line of `cluster.jsonl` for the second that `now` (epoch) lies in."""
        t = int(now)
        try:
            line = {
                "t": t,
                "hpa": parse.autoscaler(self.hpa()),
                "ready": self.read_deployment().get("status", {}).get("readyReplicas", 0),
                "pods": [parse.pod(pod) for pod in self.pods()],
                "cpu": {pod["metadata"]["name"]: parse.cpu(pod) for pod in self.metrics()},
                "events": [],
            }
            if now >= self.events_due:
                line["events"] = self.new_events()
                self.events_due = now + EVENTS_EVERY
        except API_ERRORS as error:
            return {"t": t, "missing": reason(error)}
        return line


# Plain JSON: the client's own classes cost ten times the CPU of the answer they wrap.
RAW: dict[str, Any] = {"_preload_content": False, "_request_timeout": TIMEOUT}


def parsed(response: Any) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(response.data)
    return answer


def reason(error: Exception) -> str:
    """One line for a person."""
    if isinstance(error, client.ApiException):
        return f"{error.status} {error.reason}"
    return str(error).splitlines()[0][:200] or type(error).__name__
