"""What is needed to repeat an experiment: the code's revision, its versions and what the cluster is made of."""

import platform
import subprocess
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from loadtest.cluster.record import Recorder
from loadtest.shapes import Shape

ROOT = Path(__file__).resolve().parents[2]
KIBIBYTES_A_GIB = 1024**2


def git() -> dict[str, Any] | None:
    """The checked-out revision, and whether files differ from it; None outside a git checkout."""
    try:
        revision, status = (
            subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=True).stdout.strip()
            for words in (["rev-parse", "HEAD"], ["status", "--porcelain"])
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return {"revision": revision, "dirty": bool(status)}


def versions() -> dict[str, str]:
    return {"locust": metadata.version("locust"), "python": platform.python_version()}


def shape(shape: Shape) -> dict[str, Any]:
    return asdict(shape)


def cluster(recorder: Recorder) -> dict[str, Any]:
    """The autoscaler's spec, the images that run (with their digests), and the size of the nodes."""
    statuses = [status for pod in recorder.pods() for status in pod["status"].get("containerStatuses") or []]
    images = {(status["image"], status["imageID"]) for status in statuses}
    return {
        "namespace": recorder.namespace,
        "deployment": recorder.deployment,
        "hpa": recorder.hpa()["spec"],
        "images": [{"name": name, "id": digest} for name, digest in sorted(images)],
        "nodes": [node(one) for one in recorder.nodes()],
    }


def node(node: dict[str, Any]) -> dict[str, Any]:
    info, capacity = node["status"]["nodeInfo"], node["status"]["capacity"]
    memory = int(capacity["memory"].removesuffix("Ki")) / KIBIBYTES_A_GIB
    return {
        "name": node["metadata"]["name"],
        "cpu": capacity["cpu"],
        "memory_gib": round(memory, 1),
        "kubernetes": info["kubeletVersion"],
        "runtime": info["containerRuntimeVersion"],
        "os": info["osImage"],
    }
