"""The choice of a cluster: its order, the queries to kubectl and Minikube, and the output.

A cluster that may be in production is never chosen unless it is named.
"""

import json
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.scripts.conftest import Sandbox

VIEW = (
    "config view --minify --context {} --output jsonpath={{.clusters[0].name}}|{{.clusters[0].cluster.server}}"
    "|{{.clusters[0].cluster.extensions[*].extension.provider}}|{{.contexts[0].context.namespace}}"
)
NODES = '--context {} get nodes --output jsonpath={{.items[0].status.addresses[?(@.type=="InternalIP")].address}}'


NODE = ("node", "mlserving-node")
PROVIDER = "minikube.sigs.k8s.io"
LOCAL = "https://127.0.0.1:41234"


def assignments(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    assert done.returncode == 0, done.stderr
    return dict(word.split("=", 1) for word in shlex.split(done.stdout))


def with_kubectl(sandbox: Sandbox, current: str, facts: Mapping[str, str] = {}, address: str = "") -> None:
    """Add a fake kubectl that knows each context's cluster name|server|provider|namespace."""
    views = {f"'config view --minify --context {name} '*": known for name, known in facts.items()}
    sandbox.tool("kubectl", {"'config current-context'": current, **views, "*'get nodes'*": address})


MINIKUBE = "{0}|https://192.168.49.2:8443|minikube.sigs.k8s.io|"
KIND = "{0}|https://127.0.0.1:41234||"
K3S = "default|https://127.0.0.1:6443||"


def with_minikube(sandbox: Sandbox, *profiles: tuple[str, str], address: str = "192.168.49.2") -> None:
    valid = [{"Name": name, "Status": status} for name, status in profiles]
    listed = json.dumps({"invalid": [], "valid": valid})
    sandbox.tool("minikube", {"'profile list'*": listed, "*ip": address})


def test_the_built_in_node_is_the_last_resort(sandbox: Sandbox) -> None:
    done = sandbox.script("choose_cluster")
    state = f"{sandbox.repository.parent}/.local/state/mlserving/node"
    assert assignments(done) == {
        "KIND": "node",
        "CONTEXT": "mlserving-node",
        "NAMESPACE": "default",
        "KUBECONFIG": f"{state}/admin.conf",
        "KUBECTL": f"{state}/bin/kubectl",
        "HOST": "http://127.0.0.1:30001",
    }
    assert done.stderr == "cluster: Using node, context mlserving-node: there is no Minikube or kind here.\n"


def test_another_current_context_is_never_contacted(sandbox: Sandbox) -> None:
    with_kubectl(sandbox, "production")
    done = sandbox.script("choose_cluster")
    assert assignments(done)["KIND"] == "node"
    assert "production, is neither Minikube nor kind and is left alone" in done.stderr
    assert sandbox.commands() == ["kubectl config current-context", "kubectl " + VIEW.format("production")]


@pytest.mark.parametrize("name", ["minikube", "mine"])
def test_the_current_minikube_is_chosen(sandbox: Sandbox, name: str) -> None:
    with_kubectl(sandbox, name, {name: MINIKUBE.format(name)})
    with_minikube(sandbox)
    values = assignments(sandbox.script("choose_cluster", KUBECONFIG="/my/config"))
    assert values["KIND"] == "minikube"
    assert values["CONTEXT"] == name
    assert values["KUBECONFIG"] == "/my/config"
    assert values["KUBECTL"] == str(sandbox.tools / "kubectl")
    assert values["HOST"] == "http://192.168.49.2:30001"
    assert sandbox.commands()[-2:] == [
        f"kubectl --context {name} --request-timeout 10s get --raw /readyz",
        f"minikube --profile {name} ip",
    ]


def test_the_current_kind_cluster_is_chosen_with_its_nodes_address(sandbox: Sandbox) -> None:
    with_kubectl(sandbox, "kind-dev", {"kind-dev": KIND.format("kind-dev")}, address="172.18.0.2")
    values = assignments(sandbox.script("choose_cluster"))
    assert (values["KIND"], values["CONTEXT"], values["HOST"]) == ("kind", "kind-dev", "http://172.18.0.2:30001")
    assert values["KUBECONFIG"] == f"{sandbox.repository.parent}/.kube/config"
    assert sandbox.commands()[-1] == "kubectl " + NODES.format("kind-dev")


def test_a_running_minikube_profile_is_chosen_though_it_is_not_current(sandbox: Sandbox) -> None:
    with_kubectl(sandbox, "production", {"mine": MINIKUBE.format("mine")})
    with_minikube(sandbox, ("old", "Stopped"), ("mine", "Running"))
    done = sandbox.script("choose_cluster")
    values = assignments(done)
    assert (values["KIND"], values["CONTEXT"]) == ("minikube", "mine")
    assert "this Minikube profile is running" in done.stderr
    assert "minikube profile list --output json" in sandbox.commands()


def test_a_context_with_the_name_of_a_running_profile_is_left_alone(sandbox: Sandbox) -> None:
    with_kubectl(sandbox, "", {"mine": "mine|https://10.0.0.1||"})
    with_minikube(sandbox, ("mine", "Running"))
    assert assignments(sandbox.script("choose_cluster"))["KIND"] == "node"


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("arn:aws:eks:eu-west-1:1:cluster/my-minikube", "arn:x/minikube|https://eks.example.org||"),
        ("default/api-minikube:6443/admin", "minikube|https://minikube.example.org:6443||"),
        ("kind-of-production", "kind-of-production|https://10.0.0.1||"),
    ],
)
def test_a_current_context_with_a_name_like_minikube_or_kind_is_left_alone(
    sandbox: Sandbox, name: str, facts: str
) -> None:
    with_kubectl(sandbox, name, {name: facts})
    done = sandbox.script("choose_cluster")
    assert assignments(done)["KIND"] == "node"
    assert f"{name}, is neither Minikube nor kind and is left alone" in done.stderr


@pytest.mark.parametrize(("known", "namespace"), [("t|https://x||models", "models"), ("t|https://x||", "default")])
def test_the_contexts_namespace_is_used(sandbox: Sandbox, known: str, namespace: str) -> None:
    with_kubectl(sandbox, "", {"team": known}, address="10.1.2.3")
    assert assignments(sandbox.script("choose_cluster", CONTEXT="team"))["NAMESPACE"] == namespace


@pytest.mark.parametrize("answer", ["", "no profiles\n", '{"invalid": [], "valid": null}', '{"error": {"Op": "open"}}'])
def test_minikube_without_a_running_profile_is_skipped(sandbox: Sandbox, answer: str) -> None:
    sandbox.tool("minikube", {"*": answer})
    assert assignments(sandbox.script("choose_cluster"))["KIND"] == "node"


def test_context_names_any_cluster(sandbox: Sandbox) -> None:
    with_kubectl(sandbox, "minikube", address="10.1.2.3")
    values = assignments(sandbox.script("choose_cluster", CONTEXT="team"))
    assert (values["KIND"], values["CONTEXT"], values["HOST"]) == ("context", "team", "http://10.1.2.3:30001")


@pytest.mark.parametrize("context", ["team", "minikube"])
@pytest.mark.parametrize(
    ("found", "address"),
    [
        ("10.1.2.3 fd00::3", "10.1.2.3"),
        ("fd00::3 10.1.2.3", "[fd00::3]"),
        ("fd00::3\n", "[fd00::3]"),
    ],
)
def test_a_nodes_first_address_is_used_and_put_in_brackets_if_it_is_ipv6(
    sandbox: Sandbox, context: str, found: str, address: str
) -> None:
    with_kubectl(sandbox, "", {"minikube": MINIKUBE.format("minikube")}, address=found)
    with_minikube(sandbox, address=found)
    assert assignments(sandbox.script("choose_cluster", CONTEXT=context))["HOST"] == f"http://{address}:30001"


def test_a_cluster_whose_nodes_may_not_be_listed_is_not_chosen(sandbox: Sandbox) -> None:
    sandbox.tool("kubectl", {"'config '*": "team", "*readyz": "ok"}, otherwise=1)
    done = sandbox.script("choose_cluster", CONTEXT="team")
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.parametrize("usual", ["", "default|https://192.168.1.9:6443||", K3S])
@pytest.mark.parametrize("given", ["", "/my/config"])
def test_the_file_from_which_k3s_reads_the_context_is_named(
    sandbox: Sandbox, tmp_path: Path, usual: str, given: str
) -> None:
    """Without KUBECONFIG, k3s's kubectl reads its server's file, whatever ~/.kube/config has under the same name."""
    script = sandbox.repository / "scripts" / "choose_cluster"
    script.write_text(script.read_text().replace("k3s_config=/etc/rancher/k3s/k3s.yaml", "k3s_config=$HOME/k3s.yaml"))
    (tmp_path / "k3s.yaml").write_text("")
    with_kubectl(sandbox, "", {"default": K3S}, address="10.1.2.3")
    kubectl = sandbox.tools / "kubectl"
    kubectl.rename(sandbox.tools / "k3s")
    kubectl.write_text(
        f'#!/bin/sh\ncase "$KUBECONFIG $*" in\n"{tmp_path}/.kube/config config view"*) echo "{usual}"; exit ;;\nesac\n'
        'exec k3s "$@"\n'
    )
    kubectl.chmod(0o755)
    values = assignments(sandbox.script("choose_cluster", CONTEXT="default", KUBECONFIG=given))
    known = f"{tmp_path}/.kube/config" if usual == K3S else f"{tmp_path}/k3s.yaml"
    assert values["KUBECONFIG"] == (given or known)


def test_host_replaces_detection(sandbox: Sandbox) -> None:
    with_kubectl(sandbox, "")
    values = assignments(sandbox.script("choose_cluster", CONTEXT="team", HOST="https://models.example.org"))
    assert values["HOST"] == "https://models.example.org"
    assert not [line for line in sandbox.commands() if "get nodes" in line]


@pytest.mark.parametrize("name", ["x86_64-conda-linux-gnu", "machine.example.org", "10.9.8.7:30001", "httpd"])
def test_a_host_that_is_no_address_is_ignored_and_reported(sandbox: Sandbox, name: str) -> None:
    with_kubectl(sandbox, "", address="10.1.2.3")
    done = sandbox.script("choose_cluster", CONTEXT="team", HOST=name)
    assert assignments(done)["HOST"] == "http://10.1.2.3:30001"
    assert f"cluster: Ignoring HOST={name}: an address begins with http:// or https://.\n" in done.stderr


def test_context_may_name_the_built_in_node(sandbox: Sandbox) -> None:
    with_kubectl(sandbox, "minikube")
    assert assignments(sandbox.script("choose_cluster", CONTEXT="mlserving-node"))["KIND"] == "node"


def test_a_cluster_that_does_not_respond_is_reported(sandbox: Sandbox) -> None:
    sandbox.tool("kubectl", {"'config get-contexts team'": "team"}, otherwise=1)
    done = sandbox.script("choose_cluster", CONTEXT="team")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Cluster team does not respond. Start it, or name another with CONTEXT=…" in done.stderr


def test_an_unknown_context_is_reported_with_the_known_ones(sandbox: Sandbox) -> None:
    sandbox.tool("kubectl", {"'config get-contexts --output name'": "one\ntwo\n"}, otherwise=1)
    done = sandbox.script("choose_cluster", CONTEXT="team")
    assert done.returncode == 1
    assert "kubectl has no context team. It has: one two." in done.stderr


def test_a_named_cluster_without_kubectl_is_reported(sandbox: Sandbox) -> None:
    done = sandbox.script("choose_cluster", CONTEXT="team")
    assert done.returncode == 1
    assert "Cluster team requires kubectl on PATH." in done.stderr


def test_the_output_is_quoted_for_a_shell(sandbox: Sandbox) -> None:
    with_kubectl(sandbox, "", address="10.1.2.3")
    assert assignments(sandbox.script("choose_cluster", CONTEXT="a b; touch x"))["CONTEXT"] == "a b; touch x"


def function_output(sandbox: Sandbox, function: str, *arguments: str) -> str:
    return sandbox.shell(f". ../choose_cluster; {function} {shlex.join(arguments)}").stdout.rstrip("\n")


@pytest.mark.parametrize(
    ("configured", "kind"),
    [
        # context, its cluster's name, server and provider
        (("minikube", "minikube", "https://192.168.49.2:8443", PROVIDER), "minikube"),
        (("mine", "mine", "https://192.168.49.2:8443", PROVIDER), "minikube"),
        (("minikube", "", "", ""), "minikube"),
        (("minikube-production", "minikube-production", "https://10.0.0.1", ""), "context"),
        (("arn:aws:eks:eu-west-1:1:cluster/minikube", "minikube", "https://eks.example.org", ""), "context"),
        (("team/api-minikube-example-org:6443/admin", "minikube", "https://minikube.example.org", ""), "context"),
        (("mine", "mine", "https://10.0.0.1", "not-minikube.sigs.k8s.io"), "context"),
        (("kind-dev", "kind-dev", LOCAL, ""), "kind"),
        (("kind-dev", "kind-dev", "https://localhost:41234", ""), "kind"),
        (("kind-dev", "kind-dev", "https://[::1]:41234", ""), "kind"),
        (("kind-of-production", "production", "https://10.0.0.1", ""), "context"),
        (("kind-of-production", "kind-of-production", "https://10.0.0.1", ""), "context"),
        (("kind-of-production", "kind-of-production", "https://127.0.0.1.example.org", ""), "context"),
        (("kind-dev", "production", LOCAL, ""), "context"),
        (("kind-dev", "", "", ""), "context"),
        (("kind-", "kind-", LOCAL, ""), "context"),
        (("mankind-dev", "mankind-dev", LOCAL, ""), "context"),
        (("", "", "", ""), "context"),
    ],
)
def test_minikube_and_kind_are_not_recognised_by_a_similar_name_alone(
    sandbox: Sandbox, configured: tuple[str, ...], kind: str
) -> None:
    assert function_output(sandbox, "kind_of", *configured) == kind


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        # requested, its kind, current, its kind, running profile
        (("production", "context", "minikube", "minikube", "minikube"), ("context", "production")),
        (("mine", "minikube", "", "context", ""), ("minikube", "mine")),
        (("kind-dev", "kind", "minikube", "minikube", ""), ("kind", "kind-dev")),
        (("mlserving-node", "context", "minikube", "minikube", "minikube"), NODE),
        (("", "context", "mine", "minikube", ""), ("minikube", "mine")),
        (("", "context", "kind-dev", "kind", "minikube"), ("kind", "kind-dev")),
        (("", "context", "", "context", "minikube"), ("minikube", "minikube")),
        (("", "context", "production", "context", "minikube"), ("minikube", "minikube")),
        (("", "context", "production", "context", ""), NODE),
        (("", "context", "mlserving-node", "context", ""), NODE),
        (("", "context", "", "context", ""), NODE),
    ],
)
def test_clusters_are_chosen_in_this_order(sandbox: Sandbox, found: tuple[str, ...], expected: tuple[str, str]) -> None:
    assert tuple(function_output(sandbox, "choose", *found).split("\t")[:2]) == expected


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (("a", "context", "b", "context", "c"), "CONTEXT names it"),
        (("", "context", "minikube", "minikube", ""), "it is kubectl's current context"),
        (("", "context", "", "context", "mine"), "this Minikube profile is running"),
        (
            ("", "context", "production", "context", ""),
            "kubectl's current context, production, is neither Minikube nor kind and is left alone",
        ),
        (("", "context", "", "context", ""), "there is no Minikube or kind here"),
    ],
)
def test_the_reason_is_given(sandbox: Sandbox, found: tuple[str, ...], reason: str) -> None:
    assert function_output(sandbox, "choose", *found).split("\t")[2] == reason
