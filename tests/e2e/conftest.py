"""The service on a real cluster, as `make demo` leaves it, in a namespace that admits only "restricted" pods."""

import json
import subprocess
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import httpx
import pytest

from tests.conftest import ROOT, Cluster

NAME = "ml-serving"
LABEL = f"app.kubernetes.io/name={NAME}"
DEPLOYMENT = f"deployment/{NAME}-deployment"
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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add what the cluster was doing to the report of a test that fails."""
    report = yield
    cluster = getattr(item, "funcargs", {}).get("cluster")
    if report.failed and isinstance(cluster, Cluster):
        state = (
            ("get", "pods,endpointslices,hpa", "--output", "wide"),
            ("get", "events", "--sort-by", ".lastTimestamp"),
        )
        report.sections += [(f"kubectl {' '.join(words)}", last_lines(cluster, words)) for words in state]
    return report


def last_lines(cluster: Cluster, words: tuple[str, ...]) -> str:
    try:
        return "\n".join(cluster.run(*words).splitlines()[-40:])
    except AssertionError as error:  # the cluster may be what has failed
        return str(error)


@contextmanager
def without_pods(deployed: Deployed) -> Iterator[None]:
    """Stop every pod, and start one again at the end."""
    deployed.run("scale", DEPLOYMENT, "--replicas", "0")
    deployed.run("wait", "pods", "--selector", LABEL, "--for", "delete", "--timeout", "90s")
    try:
        yield
    finally:
        deployed.run("scale", DEPLOYMENT, "--replicas", "1")
        deployed.run("rollout", "status", DEPLOYMENT, "--timeout", "120s")


def deploy(deployed: Deployed) -> None:
    """Deploy k8s/ with this tree's image as one pod, and wait until it is ready."""
    build_image(deployed.cluster)
    deployed.run("apply", "-f", str(ROOT / "k8s"))
    if deployed.run("get", DEPLOYMENT, "--output", "jsonpath={.spec.replicas}") != "1":
        hold(deployed, 1)  # otherwise the next load waits for more than a minute until the autoscaler has removed some
        deployed.run("apply", "-f", str(ROOT / "k8s"))
    deployed.run("rollout", "status", DEPLOYMENT, "--timeout", "120s")


def hold(deployed: Deployed, pods: int, name: str = NAME, *, at_once: bool = True) -> None:
    """Pin an autoscaler to a number of pods, and wait until exactly that many are ready.

    Args:
        deployed: Where it is.
        pods: How many.
        name: The application's, with which the names of deployment and autoscaler begin.
        at_once: Do not wait for the autoscaler, which looks every 15 seconds.
    """
    quick = {"scaleDown": {"stabilizationWindowSeconds": 0}}
    spec = {"minReplicas": pods, "maxReplicas": pods, "behavior": quick}
    deployed.run("patch", f"hpa/{name}-hpa", "--patch", json.dumps({"spec": spec}))
    if at_once:
        deployed.run("scale", f"deployment/{name}-deployment", "--replicas", str(pods))
    deadline = time.monotonic() + 120
    while not (len(all_pods(deployed, name)) == pods == ready(deployed, name)):
        assert time.monotonic() < deadline, all_pods(deployed, name)
        time.sleep(0.5)


def all_pods(deployed: Deployed, name: str = NAME) -> list[str]:
    """Return the pods of an application, also those that are being deleted."""
    return deployed.run("get", "pods", "--selector", f"app.kubernetes.io/name={name}", "--output", "name").split()


def ready(deployed: Deployed, name: str = NAME) -> int:
    path = "jsonpath={.status.readyReplicas}"
    return int(deployed.run("get", f"deployment/{name}-deployment", "--output", path) or 0)


@cache
def build_image(cluster: Cluster) -> None:
    """Build this tree's image, once: what changes it for a test builds it again afterwards."""
    environment = {**cluster.environment, "CONTEXT": cluster.context}
    subprocess.run([ROOT / "scripts" / "image" / "build"], check=True, env=environment)


def node_port_owner(cluster: Cluster) -> str | None:
    for service in json.loads(cluster.run("get", "services", "--all-namespaces", "--output", "json"))["items"]:
        if 30001 in [port.get("nodePort") for port in service["spec"]["ports"]]:
            return f"{service['metadata']['namespace']}/{service['metadata']['name']}"
    return None
