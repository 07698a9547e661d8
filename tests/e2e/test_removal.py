"""A deployment is applied again and then deleted, after all other tests have used it."""

import httpx
import pytest

from tests.conftest import ROOT
from tests.e2e.conftest import DEPLOYMENT, LABEL, Deployed

pytestmark = pytest.mark.cluster

OBJECTS = (
    "configmaps,deployments,replicasets,pods,services,endpointslices,"
    "horizontalpodautoscalers,networkpolicies,poddisruptionbudgets"
)


def test_applying_again_keeps_the_autoscalers_replicas(deployed: Deployed) -> None:
    deployed.run("scale", DEPLOYMENT, "--replicas", "2")
    deployed.run("apply", "--filename", str(ROOT / "k8s"), "--warnings-as-errors")
    assert deployed.run("get", DEPLOYMENT, "--output", "jsonpath={.spec.replicas}") != "1"


def test_delete_removes_every_object(deployed: Deployed) -> None:
    deployed.run("delete", "--filename", str(ROOT / "k8s"), "--wait")
    deployed.run("wait", "--for=delete", "pods", "--selector", LABEL, "--timeout", "90s")
    assert deployed.run("get", OBJECTS, "--selector", LABEL, "--output", "name").split() == []
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{deployed.cluster.host}/health", timeout=5)
