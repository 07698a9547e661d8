"""What is asked of kubectl and Minikube to choose a cluster, and what callers are told."""

import json
import shlex
import subprocess
from collections.abc import Mapping

import pytest

from tests.scripts.conftest import Workshop

VIEW = (
    "config view --minify --context {} --output jsonpath={{.clusters[0].name}}|{{.clusters[0].cluster.server}}"
    "|{{.clusters[0].cluster.extensions[*].extension.provider}}|{{.contexts[0].context.namespace}}"
)
NODES = '--context {} get nodes --output jsonpath={{.items[0].status.addresses[?(@.type=="InternalIP")].address}}'


def told(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    assert done.returncode == 0, done.stderr
    return dict(word.split("=", 1) for word in shlex.split(done.stdout))


def with_kubectl(workshop: Workshop, current: str, facts: Mapping[str, str] = {}, address: str = "") -> None:
    """A kubectl that knows of each context: its cluster's name|server|provider|its own namespace."""
    views = {f"'config view --minify --context {name} '*": known for name, known in facts.items()}
    workshop.tool("kubectl", {"'config current-context'": current, **views, "*'get nodes'*": address})


MINIKUBE = "{0}|https://192.168.49.2:8443|minikube.sigs.k8s.io|"
KIND = "{0}|https://127.0.0.1:41234||"


def with_minikube(workshop: Workshop, *profiles: tuple[str, str]) -> None:
    valid = [{"Name": name, "Status": status} for name, status in profiles]
    listed = json.dumps({"invalid": [], "valid": valid})
    workshop.tool("minikube", {"'profile list'*": listed, "*ip": "192.168.49.2"})


def test_nothing_at_all_takes_the_node_of_our_own(workshop: Workshop) -> None:
    done = workshop.script("cluster/choose")
    state = f"{workshop.repository.parent}/.local/state/mlserving/node"
    assert told(done) == {
        "KIND": "node",
        "CONTEXT": "mlserving-node",
        "NAMESPACE": "default",
        "KUBECONFIG": f"{state}/admin.conf",
        "KUBECTL": f"{state}/bin/kubectl",
        "HOST": "http://127.0.0.1:30001",
    }
    assert done.stderr == "cluster: using node, context mlserving-node: there is no Minikube or kind here\n"


def test_another_current_context_is_looked_at_but_never_spoken_to(workshop: Workshop) -> None:
    with_kubectl(workshop, "production")
    done = workshop.script("cluster/choose")
    assert told(done)["KIND"] == "node"
    assert "production, is neither Minikube nor kind and is left alone" in done.stderr
    assert workshop.commands() == ["kubectl config current-context", "kubectl " + VIEW.format("production")]


@pytest.mark.parametrize("name", ["minikube", "mine"])
def test_the_current_minikube(workshop: Workshop, name: str) -> None:
    with_kubectl(workshop, name, {name: MINIKUBE.format(name)})
    with_minikube(workshop)
    values = told(workshop.script("cluster/choose", KUBECONFIG="/my/config"))
    assert values["KIND"] == "minikube"
    assert values["CONTEXT"] == name
    assert values["KUBECONFIG"] == "/my/config"
    assert values["KUBECTL"] == str(workshop.tools / "kubectl")
    assert values["HOST"] == "http://192.168.49.2:30001"
    assert workshop.commands()[-2:] == [
        f"kubectl --context {name} --request-timeout 10s get --raw /readyz",
        f"minikube --profile {name} ip",
    ]


def test_the_current_kind_cluster_is_reached_at_its_node(workshop: Workshop) -> None:
    with_kubectl(workshop, "kind-dev", {"kind-dev": KIND.format("kind-dev")}, address="172.18.0.2")
    values = told(workshop.script("cluster/choose"))
    assert (values["KIND"], values["CONTEXT"], values["HOST"]) == ("kind", "kind-dev", "http://172.18.0.2:30001")
    assert values["KUBECONFIG"] == f"{workshop.repository.parent}/.kube/config"
    assert workshop.commands()[-1] == "kubectl " + NODES.format("kind-dev")


def test_a_running_minikube_profile_that_is_not_current(workshop: Workshop) -> None:
    with_kubectl(workshop, "production", {"mine": MINIKUBE.format("mine")})
    with_minikube(workshop, ("old", "Stopped"), ("mine", "Running"))
    done = workshop.script("cluster/choose")
    values = told(done)
    assert (values["KIND"], values["CONTEXT"]) == ("minikube", "mine")
    assert "this Minikube profile is running" in done.stderr
    assert "minikube profile list --output json" in workshop.commands()


def test_a_context_that_is_only_called_after_a_running_profile_is_left_alone(workshop: Workshop) -> None:
    with_kubectl(workshop, "", {"mine": "mine|https://10.0.0.1||"})
    with_minikube(workshop, ("mine", "Running"))
    assert told(workshop.script("cluster/choose"))["KIND"] == "node"


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("arn:aws:eks:eu-west-1:1:cluster/my-minikube", "arn:x/minikube|https://eks.example.org||"),
        ("default/api-minikube:6443/admin", "minikube|https://minikube.example.org:6443||"),
        ("kind-of-production", "kind-of-production|https://10.0.0.1||"),
    ],
)
def test_a_current_context_that_is_only_called_like_a_minikube_or_kind_is_left_alone(
    workshop: Workshop, name: str, facts: str
) -> None:
    with_kubectl(workshop, name, {name: facts})
    done = workshop.script("cluster/choose")
    assert told(done)["KIND"] == "node"
    assert f"{name}, is neither Minikube nor kind and is left alone" in done.stderr


@pytest.mark.parametrize(("known", "namespace"), [("t|https://x||models", "models"), ("t|https://x||", "default")])
def test_the_namespace_is_the_contexts_own(workshop: Workshop, known: str, namespace: str) -> None:
    with_kubectl(workshop, "", {"team": known}, address="10.1.2.3")
    assert told(workshop.script("cluster/choose", CONTEXT="team"))["NAMESPACE"] == namespace


@pytest.mark.parametrize("answer", ["", "no profiles\n", '{"invalid": [], "valid": null}', '{"error": {"Op": "open"}}'])
def test_minikube_without_a_running_profile_is_passed_over(workshop: Workshop, answer: str) -> None:
    workshop.tool("minikube", {"*": answer})
    assert told(workshop.script("cluster/choose"))["KIND"] == "node"


def test_context_takes_any_cluster_that_is_named(workshop: Workshop) -> None:
    with_kubectl(workshop, "minikube", address="10.1.2.3")
    values = told(workshop.script("cluster/choose", CONTEXT="team"))
    assert (values["KIND"], values["CONTEXT"], values["HOST"]) == ("context", "team", "http://10.1.2.3:30001")


def test_host_overrules_what_would_be_found_out(workshop: Workshop) -> None:
    with_kubectl(workshop, "")
    values = told(workshop.script("cluster/choose", CONTEXT="team", HOST="https://models.example.org"))
    assert values["HOST"] == "https://models.example.org"
    assert not [line for line in workshop.commands() if "get nodes" in line]


def test_context_may_name_the_node_of_our_own(workshop: Workshop) -> None:
    with_kubectl(workshop, "minikube")
    assert told(workshop.script("cluster/choose", CONTEXT="mlserving-node"))["KIND"] == "node"


def test_a_cluster_that_does_not_answer_is_a_sentence(workshop: Workshop) -> None:
    workshop.tool("kubectl", {"'config get-contexts team'": "team"}, otherwise=1)
    done = workshop.script("cluster/choose", CONTEXT="team")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "cluster team does not answer: start it, or name another with CONTEXT=…" in done.stderr


def test_a_context_that_kubectl_does_not_know_is_answered_with_those_it_knows(workshop: Workshop) -> None:
    workshop.tool("kubectl", {"'config get-contexts --output name'": "one\ntwo\n"}, otherwise=1)
    done = workshop.script("cluster/choose", CONTEXT="team")
    assert done.returncode == 1
    assert "kubectl knows no context team, only: one two" in done.stderr


def test_a_named_cluster_without_kubectl_is_a_sentence(workshop: Workshop) -> None:
    done = workshop.script("cluster/choose", CONTEXT="team")
    assert done.returncode == 1
    assert "cluster team needs kubectl on PATH" in done.stderr


def test_what_is_printed_survives_a_shell(workshop: Workshop) -> None:
    with_kubectl(workshop, "", address="10.1.2.3")
    assert told(workshop.script("cluster/choose", CONTEXT="a b; touch x"))["CONTEXT"] == "a b; touch x"
