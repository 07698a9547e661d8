"""Convert autoscalers, pods, metrics, events and nodes of the Kubernetes API into the form of our files."""

from datetime import datetime
from typing import Any

KIBIBYTES_PER_GIB = 1024**2
MILLICORES = {"n": 1e-6, "u": 1e-3, "m": 1.0, "": 1e3}  # of the units of CPU quantities, in thousandths of a core


def epoch(stamp: str | None) -> float | None:
    """Convert `2026-11-21T20:15:03Z` to seconds since the epoch."""
    return datetime.fromisoformat(stamp).timestamp() if stamp else None


def millicores(quantity: str) -> float:
    """Convert `1698139n`, `250m` or `2` to thousandths of a core."""
    digits = quantity.rstrip("num")
    return float(digits) * MILLICORES[quantity[len(digits) :]]


def autoscaler(hpa: dict[str, Any]) -> dict[str, Any]:
    """Return desired, min and max replicas, and cpu and target in percent of the request (None while unknown)."""
    spec, status = hpa["spec"], hpa.get("status", {})
    target = [m["resource"]["target"].get("averageUtilization") for m in spec.get("metrics", []) if is_cpu(m)]
    current = [
        m["resource"]["current"].get("averageUtilization") for m in status.get("currentMetrics") or [] if is_cpu(m)
    ]
    return {
        "cpu": next(iter(current), None),
        "target": next(iter(target), None),
        "desired": status.get("desiredReplicas", 0),
        "min": spec.get("minReplicas", 1),
        "max": spec["maxReplicas"],
    }


def is_cpu(metric: dict[str, Any]) -> bool:
    return metric.get("type") == "Resource" and metric["resource"]["name"] == "cpu"


def pod(pod: dict[str, Any]) -> dict[str, Any]:
    """Return the state of a pod; `leaving`: it was asked to stop; `ended`: why a container last ended."""
    meta, status = pod["metadata"], pod.get("status", {})
    ready = next((c for c in status.get("conditions") or [] if c["type"] == "Ready"), {"status": "False"})
    containers = status.get("containerStatuses") or []
    ends = (c["lastState"]["terminated"].get("reason") for c in containers if "terminated" in c.get("lastState", {}))
    return {
        "name": meta["name"],
        "phase": status.get("phase", "Unknown"),
        "ready": ready["status"] == "True",
        "leaving": "deletionTimestamp" in meta,
        "created": epoch(meta["creationTimestamp"]),
        "request": requested_millicores(pod),
        "restarts": sum(c.get("restartCount", 0) for c in containers),
        "ended": next(ends, None),
    }


def requested_millicores(pod: dict[str, Any]) -> float | None:
    """Return the millicores that its containers request (100 % for the autoscaler); None if one has no request."""
    requests = [c.get("resources", {}).get("requests", {}).get("cpu") for c in pod["spec"]["containers"]]
    return None if None in requests else sum(map(millicores, requests))


def used_millicores(pod: dict[str, Any]) -> float:
    """Return the millicores of all containers of a pod, as metrics-server reports them."""
    return round(sum(millicores(container["usage"]["cpu"]) for container in pod["containers"]), 1)


def event(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "at": epoch(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"]["creationTimestamp"]),
        "object": event["involvedObject"].get("name", ""),
        "reason": event.get("reason", ""),
        "message": event.get("message", ""),
        "type": event.get("type", ""),
    }


def node(node: dict[str, Any]) -> dict[str, Any]:
    info, capacity = node["status"]["nodeInfo"], node["status"]["capacity"]
    memory = int(capacity["memory"].removesuffix("Ki")) / KIBIBYTES_PER_GIB
    return {
        "name": node["metadata"]["name"],
        "cpu": capacity["cpu"],
        "memory_gib": round(memory, 1),
        "kubernetes": info["kubeletVersion"],
        "runtime": info["containerRuntimeVersion"],
        "os": info["osImage"],
    }
