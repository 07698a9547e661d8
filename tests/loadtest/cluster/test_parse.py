"""Objects of the Kubernetes API are converted to the form of our files."""

from typing import Any

import pytest

from loadtest.cluster import parse

STAMP = "2026-11-21T20:15:03Z"


@pytest.mark.parametrize(
    ("quantity", "millicores"), [("1698139n", 1.698139), ("250u", 0.25), ("250m", 250), ("2", 2000), ("0", 0)]
)
def test_cpu_quantities_are_converted_to_millicores(quantity: str, millicores: float) -> None:
    assert parse.millicores(quantity) == pytest.approx(millicores)


def test_timestamps_are_converted_to_seconds() -> None:
    assert parse.epoch(STAMP) == 1795292103
    assert parse.epoch("2026-11-21T20:15:03.250000Z") == 1795292103.25
    assert parse.epoch(None) is None


def hpa(**status: Any) -> dict[str, Any]:
    metric = {"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 20}}}
    return {"spec": {"minReplicas": 1, "maxReplicas": 3, "metrics": [metric]}, "status": status}


def test_autoscaler_has_its_reading_and_limits() -> None:
    reading = {"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 200}}}
    found = parse.autoscaler(hpa(currentMetrics=[reading], desiredReplicas=3))
    assert found == {"cpu": 200, "target": 20, "desired": 3, "min": 1, "max": 3}


@pytest.mark.parametrize("metrics", [None, [], [{"type": ""}]])
def test_autoscaler_without_a_reading_has_no_cpu(metrics: list[dict[str, Any]] | None) -> None:
    found = parse.autoscaler(hpa(currentMetrics=metrics))
    assert (found["cpu"], found["target"], found["desired"]) == (None, 20, 0)


def pod(**status: Any) -> dict[str, Any]:
    container = {"name": "c", "resources": {"requests": {"cpu": "100m"}}}
    spec = {"containers": [container], "nodeName": "node"}
    return {"metadata": {"name": "p", "creationTimestamp": STAMP}, "spec": spec, "status": status}


def test_pending_pod_is_not_ready() -> None:
    found = parse.pod(pod(phase="Pending"))
    assert not found["ready"]
    assert (found["restarts"], found["ended"]) == (0, None)
    assert found["request"] == 100


def test_terminating_pod_is_still_ready() -> None:
    ready = {"type": "Ready", "status": "True", "lastTransitionTime": STAMP}
    leaving = pod(phase="Running", conditions=[ready])
    leaving["metadata"]["deletionTimestamp"] = STAMP
    found = parse.pod(leaving)
    assert found["ready"]
    assert found["leaving"]


def test_restart_has_the_reason_of_the_last_end() -> None:
    killed = {"terminated": {"exitCode": 137, "reason": "OOMKilled", "finishedAt": STAMP}}
    container = {"restartCount": 2, "state": {"running": {"startedAt": STAMP}}, "lastState": killed}
    found = parse.pod(pod(phase="Running", containerStatuses=[container]))
    assert (found["restarts"], found["ended"]) == (2, "OOMKilled")


def test_a_pod_without_a_request_has_no_percentage() -> None:
    bare = pod()
    bare["spec"]["containers"].append({"name": "sidecar"})
    assert parse.pod(bare)["request"] is None
