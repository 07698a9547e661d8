"""Faults of the cluster around the pods. Each is a context: it begins on entry and is undone on exit."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from loadtest.cluster.preflight import ROOT
from loadtest.cluster.record import RAW, decode
from loadtest.faults.scene import Scene
from loadtest.faults.target import WRITE, FaultError

OWN_NODE = "mlserving-node"  # the context of the node that scripts/node starts, which does not restart its components
SYSTEM = "kube-system"
METRICS_SERVER = "metrics-server"


@contextmanager
def burn_cpu(scene: Scene) -> Iterator[str]:
    with scene.on_node.hold("burn", str(scene.fault.seconds)):
        yield scene.on_node.node


@contextmanager
def drain_node(scene: Scene) -> Iterator[str]:
    core = scene.target.core
    node = scene.target.ready_pod()["spec"]["nodeName"]
    core.patch_node(node, {"spec": {"unschedulable": True}}, **WRITE)
    try:
        try:
            for pod in scene.target.ready_pods(node):
                scene.target.evict(pod["metadata"]["name"], 0)
        except FaultError:
            pass  # the last pod has nowhere to go, and the PodDisruptionBudget keeps it
        yield node
    finally:
        core.patch_node(node, {"spec": {"unschedulable": None}}, **WRITE)


@contextmanager
def stop_metrics_server(scene: Scene) -> Iterator[str]:
    """Scale the metrics-server to none, and back."""
    apps, name = scene.target.apps, (METRICS_SERVER, SYSTEM)
    replicas = decode(apps.read_namespaced_deployment_scale(*name, **RAW))["spec"]["replicas"]
    apps.patch_namespaced_deployment_scale(*name, {"spec": {"replicas": 0}}, **WRITE)
    try:
        yield METRICS_SERVER
    finally:
        apps.patch_namespaced_deployment_scale(*name, {"spec": {"replicas": replicas}}, **WRITE)


def kill_component(name: str) -> Callable[[Scene], AbstractContextManager[str]]:
    """Return what kills a component of Kubernetes, which its supervisor starts again."""

    @contextmanager
    def cause(scene: Scene) -> Iterator[str]:
        scene.on_node.run("component", name)
        try:
            yield f"{name} of {scene.on_node.node}"
        finally:
            if scene.target.context == OWN_NODE:
                subprocess.run([ROOT / "scripts" / "node" / "node", "up"], check=True, capture_output=True)

    return cause
