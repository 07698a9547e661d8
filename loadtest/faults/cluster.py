"""Faults of the cluster around the pods. Each is a context: it begins on entry and is undone on exit."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

from loadtest.cluster.preflight import ROOT
from loadtest.cluster.record import decode
from loadtest.faults.context import FaultContext
from loadtest.faults.target import READ, WRITE, FaultError, insist

OWN_NODE = "mlserving-node"  # the context of the node that scripts/node starts, which does not restart its components
NODE_SECONDS = 180
SYSTEM = "kube-system"
METRICS_SERVER = "metrics-server"
DRAIN_SECONDS = 5


@contextmanager
def burn_cpu(context: FaultContext) -> Iterator[str]:
    with context.on_node.hold("burn", seconds=context.fault.seconds):
        yield context.on_node.node


@contextmanager
def drain_node(context: FaultContext) -> Iterator[str]:
    """Cordon the node of a pod, and evict the Deployment's pods there as far as the PodDisruptionBudget allows it."""
    core = context.target.core
    name = context.target.ready_pod()["spec"]["nodeName"]
    before = decode(core.read_node(name, **READ))["spec"].get("unschedulable")
    try:
        core.patch_node(name, {"spec": {"unschedulable": True}}, **WRITE)
        until = time.monotonic() + DRAIN_SECONDS
        for pod in context.target.ready_pods(name):
            with suppress(FaultError):
                context.target.evict(pod["metadata"]["name"], until)
        yield name
    finally:
        insist(lambda: core.patch_node(name, {"spec": {"unschedulable": before}}, **WRITE))


@contextmanager
def stop_metrics_server(context: FaultContext) -> Iterator[str]:
    """Scale the metrics-server to none, and back."""
    apps, name = context.target.apps, (METRICS_SERVER, SYSTEM)
    replicas = decode(apps.read_namespaced_deployment_scale(*name, **READ))["spec"].get("replicas", 0)
    try:
        apps.patch_namespaced_deployment_scale(*name, {"spec": {"replicas": 0}}, **WRITE)
        yield METRICS_SERVER
    finally:
        insist(lambda: apps.patch_namespaced_deployment_scale(*name, {"spec": {"replicas": replicas}}, **WRITE))


def kill_component(name: str) -> Callable[[FaultContext], AbstractContextManager[str]]:
    """Return what kills a component of Kubernetes, which its supervisor starts again."""

    @contextmanager
    def kill(context: FaultContext) -> Iterator[str]:
        process = context.on_node.run("component", name)
        try:
            yield f"{name} of {context.on_node.node}, process {process}"
        finally:
            if context.target.context == OWN_NODE:
                start_own_node()

    return kill


def start_own_node() -> None:
    """Start the parts of the built-in node that have stopped. Raises FaultError."""
    command = [str(ROOT / "scripts" / "node" / "node"), "up"]
    # In a session of its own, so that Ctrl-C does not stop it half-way.
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=NODE_SECONDS, start_new_session=True
    )
    if done.returncode:
        raise FaultError(f"The node did not start again: {done.stderr.strip().rpartition(chr(10))[2]}")
