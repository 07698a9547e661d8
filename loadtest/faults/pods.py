"""Faults of a pod. Each is a context: it begins on entry and is undone on exit."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from loadtest.faults.context import FaultContext
from loadtest.faults.target import WRITE

EVICTION_SECONDS = 20


@contextmanager
def delete_pod(context: FaultContext) -> Iterator[str]:
    name = context.target.ready_pod()["metadata"]["name"]
    context.target.core.delete_namespaced_pod(name, context.target.namespace, **WRITE)
    yield name


@contextmanager
def evict_pod(context: FaultContext) -> Iterator[str]:
    name = context.target.ready_pod()["metadata"]["name"]
    context.target.evict(name, time.monotonic() + EVICTION_SECONDS)
    yield name


@contextmanager
def kill_container(context: FaultContext) -> Iterator[str]:
    pod = context.target.ready_pod(context.on_node.node)
    context.on_node.run("kill", container_id(pod))
    yield pod["metadata"]["name"]


@contextmanager
def lose_packets(context: FaultContext) -> Iterator[str]:
    pod = context.target.ready_pod(context.on_node.node)
    with context.on_node.hold("lose", container_id(pod), seconds=context.fault.seconds):
        yield pod["metadata"]["name"]


def container_id(pod: dict[str, Any]) -> str:
    """Return the id of a pod's first container, without the runtime's name before it."""
    return str(pod["status"]["containerStatuses"][0]["containerID"]).rpartition("/")[2]
