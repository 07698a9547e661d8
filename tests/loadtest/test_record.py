"""The recorder: its readings of the API's own words, and a real autoscaler watched while it scales."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes import client

from loadtest import facts, record
from loadtest.record import ClusterError, Recorder
from tests.conftest import Cluster

NAMESPACE = "loadtest-recorder"
STAMP = "2026-11-21T20:15:03Z"


@pytest.mark.parametrize(
    ("quantity", "millicores"), [("1698139n", 1.698139), ("250u", 0.25), ("250m", 250), ("2", 2000), ("0", 0)]
)
def test_millicores(quantity: str, millicores: float) -> None:
    assert record.millicores(quantity) == pytest.approx(millicores)


def test_epoch() -> None:
    assert record.epoch(STAMP) == 1795292103
    assert record.epoch("2026-11-21T20:15:03.250000Z") == 1795292103.25
    assert record.epoch(None) is None


def hpa(**status: Any) -> dict[str, Any]:
    metric = {"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 20}}}
    return {"spec": {"minReplicas": 1, "maxReplicas": 3, "metrics": [metric]}, "status": status}


def test_an_autoscaler_with_its_reading() -> None:
    reading = {"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 200}}}
    found = record.hpa_facts(hpa(currentMetrics=[reading], desiredReplicas=3))
    assert found == {"cpu": 200, "target": 20, "desired": 3, "min": 1, "max": 3}


@pytest.mark.parametrize("metrics", [None, [], [{"type": ""}]])
def test_an_autoscaler_that_has_not_read_yet(metrics: list[dict[str, Any]] | None) -> None:
    found = record.hpa_facts(hpa(currentMetrics=metrics))
    assert (found["cpu"], found["target"], found["desired"]) == (None, 20, 0)


def pod(**status: Any) -> dict[str, Any]:
    container = {"name": "c", "resources": {"requests": {"cpu": "100m"}}}
    spec = {"containers": [container], "nodeName": "node"}
    return {"metadata": {"name": "p", "creationTimestamp": STAMP}, "spec": spec, "status": status}


def test_a_pod_on_its_way() -> None:
    found = record.pod_facts(pod(phase="Pending"))
    assert not found["ready"]
    assert (found["started"], found["ready_since"], found["restarts"]) == (None, None, 0)
    assert found["request"] == 100


def test_a_pod_that_leaves_is_still_ready() -> None:
    ready = {"type": "Ready", "status": "True", "lastTransitionTime": STAMP}
    running = {"restartCount": 2, "state": {"running": {"startedAt": STAMP}}}
    leaving = pod(phase="Running", conditions=[ready], containerStatuses=[running])
    leaving["metadata"]["deletionTimestamp"] = STAMP
    found = record.pod_facts(leaving)
    assert found["ready"]
    assert found["leaving"]
    assert found["started"] == found["ready_since"] == 1795292103
    assert found["restarts"] == 2


def test_a_pod_without_a_request_has_no_percentage() -> None:
    bare = pod()
    bare["spec"]["containers"].append({"name": "sidecar"})
    assert record.pod_facts(bare)["request"] is None


def test_an_api_that_is_gone_is_a_missing_second() -> None:
    settings = client.Configuration(host="http://127.0.0.1:9")
    settings.retries = False
    state = Recorder(client.ApiClient(settings), "default", deployment="d").observe(1000.7)
    assert state["t"] == 1000
    assert state.keys() == {"t", "missing"}
    assert "refused" in state["missing"]


@pytest.fixture(scope="module")
def connected(cluster: Cluster) -> Iterator[tuple[Cluster, Recorder]]:
    """Pods that do nothing, and an autoscaler over them under the names that the recorder knows."""
    nodes = json.loads(cluster.run("get", "nodes", "-o", "json"))["items"]
    names = [name for node in nodes for image in node["status"]["images"] for name in image["names"] or ()]
    pause = next(name for name in names if "pause" in name)
    cluster.run("create", "namespace", NAMESPACE)
    try:
        cluster.run("--namespace", NAMESPACE, "apply", "-f", "-", stdin=manifest(pause))
        cluster.run("--namespace", NAMESPACE, "rollout", "status", "deployment/idle", "--timeout", "60s")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("KUBECONFIG", cluster.kubeconfig)
            yield cluster, Recorder.connect(NAMESPACE, cluster.context)
    finally:
        cluster.run("delete", "namespace", NAMESPACE, "--wait=false")


def manifest(image: str) -> str:
    labels = {"app": "idle"}
    container = {"name": "idle", "image": image, "resources": {"requests": {"cpu": "10m"}}}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container], "terminationGracePeriodSeconds": 0}}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "idle"},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }
    metric = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 20}},
    }
    autoscaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": record.HPA},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "idle"},
            "minReplicas": 1,
            "maxReplicas": 3,
            "metrics": [metric],
        },
    }
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": [deployment, autoscaler]})


@pytest.mark.cluster
def test_a_real_scale_up_is_seen_with_its_pods_and_events(connected: tuple[Cluster, Recorder]) -> None:
    cluster, recorder = connected
    before = recorder.observe(time.time())
    assert (before["hpa"]["target"], before["hpa"]["max"], before["deployment"]["ready"]) == (20, 3, 1)
    cluster.run("--namespace", NAMESPACE, "patch", "hpa", record.HPA, "--patch", '{"spec":{"minReplicas":2}}')
    states = [before]
    while states[-1]["deployment"]["ready"] < 2 or not any(state["events"] for state in states):
        assert len(states) < 90, "the autoscaler did not act within 90 s"
        time.sleep(1)
        states.append(recorder.observe(time.time()))
        assert "missing" not in states[-1]
    assert states[-1]["hpa"]["desired"] == 2
    pods = states[-1]["pods"]
    assert [found["phase"] for found in pods] == ["Running", "Running"]
    assert all(found["ready_since"] >= found["started"] >= found["created"] for found in pods)
    events = [event for state in states for event in state["events"]]
    assert "SuccessfulRescale" in {event["reason"] for event in events}
    assert len(events) == len({json.dumps(event) for event in events}), "each event is told once"


@pytest.mark.cluster
def test_cpu_of_real_pods_is_read(connected: tuple[Cluster, Recorder]) -> None:
    _, recorder = connected
    for _ in range(90):
        state = recorder.observe(time.time())
        if state["cpu"]:
            break
        time.sleep(1)
    used = next(iter(state["cpu"].values()))
    assert 0 <= used["millicores"] < 100
    assert time.time() - 90 < used["at"] <= time.time() + 1


@pytest.mark.cluster
def test_an_observation_is_cheap(connected: tuple[Cluster, Recorder]) -> None:
    """It shares two cores with what it measures: less than 5 % of one at one a second."""
    _, recorder = connected
    began = time.process_time()
    for _ in range(20):
        recorder.observe(time.time())
    assert (time.process_time() - began) / 20 < 0.05


@pytest.mark.cluster
def test_facts_name_image_and_node(connected: tuple[Cluster, Recorder]) -> None:
    found = facts.cluster(connected[1])
    assert found["deployment"] == "idle"
    assert found["hpa"]["maxReplicas"] == 3
    assert "pause" in found["images"][0]["name"]
    assert float(found["nodes"][0]["memory_gib"]) > 0
    assert found["nodes"][0]["kubernetes"].startswith("v1.")


@pytest.mark.cluster
def test_a_namespace_without_an_autoscaler_is_said_before_the_load(cluster: Cluster) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KUBECONFIG", cluster.kubeconfig)
        with pytest.raises(ClusterError, match=r"ml-serving-hpa in namespace kube-system .* 404 Not Found"):
            Recorder.connect("kube-system", cluster.context)
