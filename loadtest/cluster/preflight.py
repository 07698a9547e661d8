"""What comes before a load: wait until the autoscaler is idle, and record what is needed to repeat the experiment."""

import platform
import shlex
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Any

from loadtest.cluster import parse
from loadtest.cluster.record import Recorder

ROOT = Path(__file__).resolve().parents[2]
IDLE_TIMEOUT = 180  # seconds


def wait_until_idle(recorder: Recorder) -> None:
    """Wait until the autoscaler rests at its minimum, so that this load alone causes a scale-up."""
    end, announced = time.time() + IDLE_TIMEOUT, False
    while time.time() < end:
        if is_idle(recorder.observe(time.time())):
            return
        if not announced:
            print("Waiting until the autoscaler is idle at its minimum …", flush=True)
            announced = True
        time.sleep(2)
    print("The autoscaler did not become idle. The load begins anyway; the report shows the state that it began from.")


def is_idle(state: dict[str, Any]) -> bool:
    """Return whether the autoscaler rests at its minimum. If it cannot scale, CPU does not matter."""
    if "missing" in state:
        return False
    hpa, ready = state["hpa"], state["ready"]
    calm: bool = hpa["cpu"] is not None and (hpa["target"] is None or hpa["cpu"] <= hpa["target"])
    fixed: bool = hpa["min"] == hpa["max"]
    resting: bool = hpa["desired"] == hpa["min"] == ready == len(state["pods"])
    return resting and (calm or fixed)


def source() -> dict[str, Any]:
    """Return the command that was run and the revision of the code."""
    return {"command": shlex.join(["python", "-m", "loadtest", *sys.argv[1:]]), "git": git()}


def git() -> dict[str, Any] | None:
    """Return the checked-out revision and whether files differ from it; None outside a git checkout."""
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


def describe_cluster(recorder: Recorder) -> dict[str, Any]:
    """Return the autoscaler's spec, the images that run (with their digests), and the size of the nodes."""
    statuses = [status for pod in recorder.pods() for status in pod["status"].get("containerStatuses") or []]
    images = {(status["image"], status["imageID"]) for status in statuses}
    return {
        "namespace": recorder.namespace,
        "deployment": recorder.deployment,
        "hpa": recorder.hpa()["spec"],
        "images": [{"name": name, "id": digest} for name, digest in sorted(images)],
        "nodes": [parse.node(node) for node in recorder.nodes()],
    }
