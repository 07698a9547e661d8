"""Keep an autoscaler at a number of pods while something is measured, and read the counters of its one pod."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kubernetes import client

from loadtest.cluster.record import API_ERRORS, TIMEOUT, Recorder, reason
from loadtest.plan.staircase import Usage
from loadtest.users.models import CannotRunError

METRICS_PORT = 9000
POLL_SECONDS = 0.2
WAIT_SECONDS = 180.0
CPU, MEMORY = "process_cpu_seconds_total ", "process_resident_memory_bytes "


@contextmanager
def fixed_replicas(recorder: Recorder) -> Iterator[None]:
    """Restore the autoscaler's bounds at the end, whatever happens."""
    spec = recorder.hpa()["spec"]
    try:
        yield
    finally:
        _set_bounds(recorder, spec.get("minReplicas", 1), spec["maxReplicas"])


def hold(recorder: Recorder, count: int) -> float:
    """Make the autoscaler keep `count` pods, and return the seconds until exactly these exist and are ready.

    Raises:
        CannotRunError: The cluster does not get there.
    """
    _set_bounds(recorder, count, count)
    began, end = None, time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        pods = recorder.pods()
        if began is None and recorder.read_deployment()["spec"]["replicas"] == count:
            began = time.monotonic()
        if began is not None and len(pods) == count and all(map(_is_ready, pods)):
            return time.monotonic() - began
        time.sleep(POLL_SECONDS)
    raise CannotRunError(f"{recorder.deployment} did not come to {count} ready pods within {WAIT_SECONDS:.0f} s.")


def _set_bounds(recorder: Recorder, low: int, high: int) -> None:
    body = {"spec": {"minReplicas": low, "maxReplicas": high}}
    try:
        client.AutoscalingV2Api(recorder.api).patch_namespaced_horizontal_pod_autoscaler(
            recorder.autoscaler, recorder.namespace, body, _preload_content=False, _request_timeout=TIMEOUT
        )
    except API_ERRORS as error:
        raise CannotRunError(f"The autoscaler {recorder.autoscaler} cannot be changed: {reason(error)}") from error


def _is_ready(pod: dict[str, Any]) -> bool:
    conditions = pod.get("status", {}).get("conditions") or []
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def read_usage(recorder: Recorder, pod: str) -> Usage:
    """Read the pod's own counters through the API server.

    Raises:
        CannotRunError: They cannot be read.
    """
    path = f"/api/v1/namespaces/{recorder.namespace}/pods/{pod}:{METRICS_PORT}/proxy/metrics"
    request = recorder.api.param_serialize("GET", path, auth_settings=["BearerToken"])
    try:
        response = recorder.api.call_api(*request, _request_timeout=(2, 10))
        lines = response.read().decode().splitlines()
        at = time.monotonic()
        values = {line.split()[0]: float(line.split()[1]) for line in lines if line.startswith((CPU, MEMORY))}
        return Usage(at, values[CPU.strip()], values[MEMORY.strip()])
    except (*API_ERRORS, KeyError) as error:
        raise CannotRunError(f"The metrics of {pod} on port {METRICS_PORT} cannot be read: {error}") from error
