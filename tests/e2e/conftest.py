"""The service on a real cluster, as `make demo` leaves it, in a namespace that admits only "restricted" pods."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from tests.conftest import ROOT, Cluster

LABEL = "app.kubernetes.io/name=ml-serving"
DEPLOYMENT = "deployment/ml-serving-deployment"
ENFORCE = "pod-security.kubernetes.io/enforce"


@dataclass(frozen=True)
class Deployed:
    cluster: Cluster
    http: httpx.Client

    def run(self, *arguments: str) -> str:
        return self.cluster.run(*arguments)

    def pods(self) -> list[str]:
        """Return the names of the pods that are not being deleted."""
        pods = json.loads(self.run("get", "pods", "--selector", LABEL, "--output", "json"))["items"]
        return [pod["metadata"]["name"] for pod in pods if "deletionTimestamp" not in pod["metadata"]]


@pytest.fixture(scope="session")
def deployed(cluster: Cluster) -> Iterator[Deployed]:
    """Use what an earlier `make demo` deployed, if anything, and delete it at the end."""
    assert node_port_owner(cluster) in (None, f"{cluster.namespace}/ml-serving-service"), (
        "another Service has NodePort 30001."
    )
    cluster.run("label", "namespace", cluster.namespace, f"{ENFORCE}=restricted")
    with httpx.Client(base_url=cluster.host, timeout=10) as http:
        yield Deployed(cluster, http)
    cluster.run("label", "namespace", cluster.namespace, f"{ENFORCE}-")
    cluster.run("delete", "--filename", str(ROOT / "k8s"), "--ignore-not-found")


def node_port_owner(cluster: Cluster) -> str | None:
    for service in json.loads(cluster.run("get", "services", "--all-namespaces", "--output", "json"))["items"]:
        if 30001 in [port.get("nodePort") for port in service["spec"]["ports"]]:
            return f"{service['metadata']['namespace']}/{service['metadata']['name']}"
    return None
