"""The product on a real cluster: what `make demo` leaves behind, in a namespace that lets only "restricted" pods in."""

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

    def run(self, *words: str) -> str:
        return self.cluster.run(*words)

    def pods(self) -> list[str]:
        """The names of those that are to stay."""
        pods = json.loads(self.run("get", "pods", "--selector", LABEL, "--output", "json"))["items"]
        return [pod["metadata"]["name"] for pod in pods if "deletionTimestamp" not in pod["metadata"]]


@pytest.fixture(scope="session")
def deployed(cluster: Cluster) -> Iterator[Deployed]:
    """What `make demo` deployed before is taken over, and gone afterwards."""
    assert owner_of_the_node_port(cluster) in (None, f"{cluster.namespace}/ml-serving-service"), (
        "NodePort 30001 is somebody else's."
    )
    cluster.run("label", "namespace", cluster.namespace, f"{ENFORCE}=restricted")
    with httpx.Client(base_url=cluster.host, timeout=10) as http:
        yield Deployed(cluster, http)
    cluster.run("label", "namespace", cluster.namespace, f"{ENFORCE}-")
    cluster.run("delete", "--filename", str(ROOT / "k8s"), "--ignore-not-found")


def owner_of_the_node_port(cluster: Cluster) -> str | None:
    for service in json.loads(cluster.run("get", "services", "--all-namespaces", "--output", "json"))["items"]:
        if 30001 in [port.get("nodePort") for port in service["spec"]["ports"]]:
            return f"{service['metadata']['namespace']}/{service['metadata']['name']}"
    return None
