"""Faults of a pod. Each is a context: it begins on entry and is undone on exit."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from loadtest.faults.scene import Scene
from loadtest.faults.target import WRITE

EVICTION_SECONDS = 20


@contextmanager
def delete_pod(scene: Scene) -> Iterator[str]:
    name = scene.target.ready_pod()["metadata"]["name"]
    scene.target.core.delete_namespaced_pod(name, scene.target.namespace, **WRITE)
    yield name


@contextmanager
def evict_pod(scene: Scene) -> Iterator[str]:
    name = scene.target.ready_pod()["metadata"]["name"]
    scene.target.evict(name, EVICTION_SECONDS)
    yield name


@contextmanager
def kill_container(scene: Scene) -> Iterator[str]:
    pod = scene.target.ready_pod(scene.on_node.node)
    scene.on_node.run("kill", container_id(pod))
    yield pod["metadata"]["name"]


@contextmanager
def lose_packets(scene: Scene) -> Iterator[str]:
    pod = scene.target.ready_pod(scene.on_node.node)
    with scene.on_node.hold("lose", container_id(pod), str(scene.fault.seconds)):
        yield pod["metadata"]["name"]


def container_id(pod: dict[str, Any]) -> str:
    """Return the id of a pod's first container, without the runtime's name before it."""
    return str(pod["status"]["containerStatuses"][0]["containerID"]).rpartition("/")[2]
