"""The recorder without an API, and with a real autoscaler that scales up."""

import json
import time
from collections.abc import Iterator

import pytest
from kubernetes import client

from loadtest.cluster import preflight, record
from loadtest.cluster.record import ClusterError, Recorder
from tests.conftest import Cluster

NAMESPACE = "loadtest-recorder"


def test_unreachable_api_gives_a_missing_second() -> None:
    settings = client.Configuration(host="http://127.0.0.1:9")
    settings.retries = False
    state = Recorder(client.ApiClient(settings), "default", deployment="d").observe(1000.7)
    assert state["t"] == 1000
    assert state.keys() == {"t", "missing"}
    assert "refused" in state["missing"]


@pytest.fixture(scope="module")
def connected(cluster: Cluster) -> Iterator[tuple[Cluster, Recorder]]:
    """Deploy idle pods with an autoscaler under the name that the recorder expects."""
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
def test_real_scale_up_is_recorded_with_its_pods_and_events(connected: tuple[Cluster, Recorder]) -> None:
    cluster, recorder = connected
    before = recorder.observe(time.time())
    assert (before["hpa"]["target"], before["hpa"]["max"], before["ready"]) == (20, 3, 1)
    cluster.run("--namespace", NAMESPACE, "patch", "hpa", record.HPA, "--patch", '{"spec":{"minReplicas":2}}')
    states = [before]
    while states[-1]["ready"] < 2 or not any(state["events"] for state in states):
        assert len(states) < 90, "the autoscaler did not act within 90 s"
        time.sleep(1)
        states.append(recorder.observe(time.time()))
        assert "missing" not in states[-1]
    assert states[-1]["hpa"]["desired"] == 2
    assert [found["phase"] for found in states[-1]["pods"]] == ["Running", "Running"]
    events = [event for state in states for event in state["events"]]
    assert "SuccessfulRescale" in {event["reason"] for event in events}
    assert len(events) == len({json.dumps(event) for event in events}), "each event is recorded once"


@pytest.mark.cluster
def test_cpu_of_real_pods_is_read(connected: tuple[Cluster, Recorder]) -> None:
    _, recorder = connected
    for _ in range(90):
        state = recorder.observe(time.time())
        if state["cpu"]:
            break
        time.sleep(1)
    assert 0 <= next(iter(state["cpu"].values())) < 100


@pytest.mark.cluster
def test_observation_takes_little_cpu(connected: tuple[Cluster, Recorder]) -> None:
    """It shares two cores with what it measures: one observation per second takes less than 5 % of a core."""
    _, recorder = connected
    began = time.process_time()
    for _ in range(20):
        recorder.observe(time.time())
    assert (time.process_time() - began) / 20 < 0.05


@pytest.mark.cluster
def test_cluster_description_has_image_and_node(connected: tuple[Cluster, Recorder]) -> None:
    found = preflight.describe_cluster(connected[1])
    assert found["deployment"] == "idle"
    assert found["hpa"]["maxReplicas"] == 3
    assert "pause" in found["images"][0]["name"]
    assert float(found["nodes"][0]["memory_gib"]) > 0
    assert found["nodes"][0]["kubernetes"].startswith("v1.")


@pytest.mark.cluster
def test_namespace_without_an_autoscaler_is_refused_before_the_load(cluster: Cluster) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KUBECONFIG", cluster.kubeconfig)
        with pytest.raises(ClusterError, match=r"ml-serving-hpa in namespace kube-system .* 404 Not Found"):
            Recorder.connect("kube-system", cluster.context)
