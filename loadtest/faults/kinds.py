"""The kinds of faults that an experiment can inject."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from loadtest.faults.cluster import SYSTEM, burn_cpu, drain_node, kill_component, stop_metrics_server
from loadtest.faults.context import FaultContext
from loadtest.faults.fault import Fault
from loadtest.faults.pods import delete_pod, evict_pod, kill_container, lose_packets
from loadtest.faults.rollouts import broken_model, rolling_update, swap_model


@dataclass(frozen=True)
class Right:
    """What a person must be allowed to do."""

    verb: str
    resource: str
    group: str = ""
    namespace: str | None = None  # of the served pods, unless it is named; "" for what has none


@dataclass(frozen=True)
class Kind:
    """A kind of fault.

    Attributes:
        about: What happens, in a few words.
        seconds: How long it lasts; 0 if it cannot be undone, or undoes itself.
        inject: Inject it, and return its target.
        rights: What it needs besides reading.
        on_node: It is injected on a node, by a privileged pod.
        model: Its value is the address of a model.
        lossy: It cannot be survived without a loss: connections break, and more are made before anybody knows.
    """

    name: str
    about: str
    seconds: int
    inject: Callable[[FaultContext], AbstractContextManager[str]]
    rights: tuple[Right, ...]
    on_node: bool = False
    model: bool = False
    lossy: bool = False


PODS, EVICTIONS = Right("delete", "pods"), Right("create", "pods/eviction")
# Commands are run by a GET, for which newer versions of Kubernetes ask for "create" too.
AGENT = tuple(
    Right(verb, resource, namespace=SYSTEM)
    for verb, resource in (("create", "pods"), ("delete", "pods"), ("get", "pods/exec"), ("create", "pods/exec"))
)
TEMPLATE = (Right("patch", "deployments", "apps"),)
METRICS = (Right("patch", "deployments/scale", "apps", SYSTEM),)
NODES = (Right("get", "nodes", namespace=""), Right("patch", "nodes", namespace=""))

KINDS = {
    kind.name: kind
    for kind in (
        Kind("delete-pod", "a pod is deleted", 0, delete_pod, (PODS,)),
        Kind("kill-container", "a container is killed by SIGKILL", 0, kill_container, AGENT, on_node=True, lossy=True),
        Kind("evict-pod", "a pod is evicted, as kubectl drain does it", 0, evict_pod, (EVICTIONS,)),
        Kind("drain-node", "a node is drained", 30, drain_node, (*NODES, EVICTIONS)),
        Kind("rolling-update", "all pods are replaced", 0, rolling_update, TEMPLATE),
        Kind("swap-model", "another model is rolled out", 45, swap_model, TEMPLATE, model=True),
        Kind("broken-model", "a model that does not exist is rolled out", 30, broken_model, TEMPLATE),
        Kind("stop-metrics-server", "the autoscaler gets no metrics", 60, stop_metrics_server, METRICS),
        Kind("kill-apiserver", "the API server is killed", 20, kill_component("apiserver"), AGENT, on_node=True),
        Kind("kill-kubelet", "the kubelet is killed", 20, kill_component("kubelet"), AGENT, on_node=True),
        Kind("kill-proxy", "kube-proxy is killed", 20, kill_component("proxy"), AGENT, on_node=True),
        Kind("burn-cpu", "a process keeps every core of a node busy", 30, burn_cpu, AGENT, on_node=True),
        Kind("lose-packets", "a pod loses one in a hundred packets", 30, lose_packets, AGENT, on_node=True),
    )
}


HELP = "inject a fault during the load, and undo it; may be repeated: " + "; ".join(
    f"{kind.name} ({kind.about}{f', {kind.seconds} s' if kind.seconds else ''})" for kind in KINDS.values()
)


def parse(text: str) -> Fault:
    """Return the fault of `KIND@SECOND` or `swap-model=ADDRESS@SECOND`. Raises ValueError with a sentence."""
    words, at, second = text.rpartition("@")
    name, equals, value = words.partition("=")
    if not at or not second.isdecimal():
        raise ValueError(f"{text!r} does not say when: a fault is a kind and a second, such as delete-pod@60.")
    kind = KINDS.get(name)
    if kind is None:
        raise ValueError(f"There is no fault {name!r}, only {', '.join(KINDS)}.")
    if kind.model != bool(equals and value):
        need = "needs the address of a model" if kind.model else "takes no value"
        raise ValueError(f"The fault {name} {need}, as in swap-model=s3://models/digest@60.")
    return Fault(name, int(second), kind.seconds, value)
