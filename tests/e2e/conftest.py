"""The product on a real cluster: what `make demo` leaves behind, in a namespace that lets only "restricted" pods in."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from tests.conftest import Cluster

OBJECTS = (
    "configmaps,deployments,replicasets,pods,services,endpointslices,"
    "horizontalpodautoscalers,networkpolicies,poddisruptionbudgets"
)
LABEL = "app.kubernetes.io/name=ml-serving"
ENFORCE = "pod-security.kubernetes.io/enforce"


@dataclass(frozen=True)
class Deployed:
    cluster: Cluster
    http: httpx.Client

    def run(self, *words: str) -> str:
        return self.cluster.run(*words)

    def pods(self) -> list[str]:
        return self.run("get", "pods", "--selector", LABEL, "--output", "jsonpath={.items[*].metadata.name}").split()


@pytest.fixture(scope="session")
def deployed(cluster: Cluster) -> Iterator[Deployed]:
    ports = cluster.run(
        "get", "services", "--all-namespaces", "--output", "jsonpath={.items[*].spec.ports[*].nodePort}"
    )
    assert "30001" not in ports.split(), "NodePort 30001 is taken: run `kubectl delete -f k8s`, then test again."
    cluster.run("label", "namespace", "default", f"{ENFORCE}=restricted")
    with httpx.Client(base_url=cluster.host, timeout=10) as http:
        yield Deployed(cluster, http)
    cluster.run("label", "namespace", "default", f"{ENFORCE}-")
