"""Faults that a rollout brings. Each is a context: it begins on entry and is undone on exit."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from loadtest.cluster.record import decode
from loadtest.faults.context import FaultContext
from loadtest.faults.target import READ, WRITE, Target, insist

NO_MODEL = "/no-such-model"


@contextmanager
def rolling_update(context: FaultContext) -> Iterator[str]:
    """Begin a rolling update as `kubectl rollout restart` does."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    template = {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": now}}}
    patch_deployment(context.target, {"spec": {"template": template}})
    yield context.target.recorder.deployment


@contextmanager
def swap_model(context: FaultContext) -> Iterator[str]:
    with serving(context.target, context.fault.value):
        yield context.fault.value


@contextmanager
def broken_model(context: FaultContext) -> Iterator[str]:
    with serving(context.target, NO_MODEL):
        yield context.target.recorder.deployment


@contextmanager
def serving(target: Target, model: str) -> Iterator[None]:
    """Roll out another model in place of the first, and then what was served before."""
    container = target.container()
    before = container.get("env", [])
    _, *others = variable(target, container, "MODEL_PATH").split(",")
    changes = {
        "MODEL_PATH": ",".join([model, *others]),
        "MODEL_DIGEST": "",  # a pinned digest would refuse the other model
    }
    kept = [entry for entry in before if entry["name"] not in changes]
    try:
        set_environment(target, [*kept, *({"name": name, "value": value} for name, value in changes.items())])
        yield
    finally:
        insist(lambda: set_environment(target, before))


def variable(target: Target, container: dict[str, Any], name: str) -> str:
    """Return the value of a container's environment variable, which may come from a ConfigMap; "" without one."""
    for entry in container.get("env", []):
        if entry["name"] == name:
            return str(entry.get("value", ""))
    for source in reversed(container.get("envFrom", [])):
        if reference := source.get("configMapRef"):
            found = decode(target.core.read_namespaced_config_map(reference["name"], target.namespace, **READ))
            if name in found.get("data", {}):
                return str(found["data"][name])
    return ""


def set_environment(target: Target, variables: list[dict[str, Any]]) -> None:
    """Replace the variables of the first container: a merge would keep those that are no longer wanted."""
    path = "/spec/template/spec/containers/0/env"
    patch_deployment(target, [{"op": "add", "path": path, "value": variables}])  # "add" replaces what is there


def patch_deployment(target: Target, patch: dict[str, Any] | list[dict[str, Any]]) -> None:
    target.apps.patch_namespaced_deployment(target.recorder.deployment, target.namespace, patch, **WRITE)
