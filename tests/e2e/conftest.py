"""The product on a real cluster: its image, its manifests, its NodePort."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from tests.conftest import ROOT, Cluster

NAMESPACE = "mlserving-test"
OBJECTS = (
    "configmaps,deployments,replicasets,pods,services,endpointslices,"
    "horizontalpodautoscalers,networkpolicies,poddisruptionbudgets"
)
LABEL = "app.kubernetes.io/name=ml-serving"


@dataclass(frozen=True)
class Deployed:
    """What is deployed, in a namespace of its own that refuses every pod that is not "restricted"."""

    cluster: Cluster
    http: httpx.Client

    def run(self, *words: str) -> str:
        return self.cluster.run("--namespace", NAMESPACE, *words)

    def pods(self) -> list[str]:
        return self.run("get", "pods", "--selector", LABEL, "--output", "jsonpath={.items[*].metadata.name}").split()


@pytest.fixture(scope="session")
def deployed(cluster: Cluster) -> Iterator[Deployed]:
    elsewhere = cluster.run(
        "get", "services", "--all-namespaces", "--output", "jsonpath={.items[*].spec.ports[*].nodePort}"
    )
    assert "30001" not in elsewhere.split(), "NodePort 30001 is taken: run `kubectl delete -f k8s`, then test again."
    subprocess.run([ROOT / "scripts" / "image" / "build"], check=True)
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}}
    cluster.run("apply", "--filename", "-", stdin=json.dumps(namespace))
    with httpx.Client(base_url=cluster.host, timeout=10) as http:
        yield Deployed(cluster, http)
    cluster.run("delete", "namespace", NAMESPACE, "--wait")
