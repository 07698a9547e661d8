"""What the API says of an autoscaler, a Deployment, a pod and an event, as `cluster.jsonl` holds it. Pure."""

from datetime import datetime
from typing import Any

NANOCORES = {"n": 1e-6, "u": 1e-3, "m": 1.0, "": 1e3}  # Kubernetes' CPU quantities, in thousandths of a core


def epoch(stamp: str | None) -> float | None:
    """`2026-11-21T20:15:03Z` as seconds since the epoch."""
    return datetime.fromisoformat(stamp).timestamp() if stamp else None


def millicores(quantity: str) -> float:
    """`1698139n`, `250m` or `2` as thousandths of a core."""
    digits = quantity.rstrip("num")
    return float(digits) * NANOCORES[quantity[len(digits) :]]


def autoscaler(hpa: dict[str, Any]) -> dict[str, Any]:
    """desired, min and max replicas; cpu and target in percent of the request (None while unknown)."""
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
    """name, phase, ready now, leaving (asked to stop), created (epoch), request, restarts and why the last one came."""
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
        "request": requested(pod),
        "restarts": sum(c.get("restartCount", 0) for c in containers),
        "ended": next(ends, None),
    }


def requested(pod: dict[str, Any]) -> float | None:
    """Millicores that its containers ask for, which the autoscaler's percentage is of; None when one asks for none."""
    asked = [c.get("resources", {}).get("requests", {}).get("cpu") for c in pod["spec"]["containers"]]
    return None if None in asked else sum(map(millicores, asked))


def cpu(pod: dict[str, Any]) -> float:
    """Millicores of all containers of a pod, of which metrics-server speaks."""
    return round(sum(millicores(container["usage"]["cpu"]) for container in pod["containers"]), 1)


def event(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "at": epoch(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"]["creationTimestamp"]),
        "object": event["involvedObject"].get("name", ""),
        "reason": event.get("reason", ""),
        "message": event.get("message", ""),
        "type": event.get("type", ""),
    }
