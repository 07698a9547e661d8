"""The order in which a cluster is chosen, and that nobody's production is ever taken unasked."""

import shlex

import pytest

from tests.scripts.conftest import Workshop

NODE = ("node", "mlserving-node")
PROVIDER = "minikube.sigs.k8s.io"
LOCAL = "https://127.0.0.1:41234"


def printed(workshop: Workshop, function: str, *words: str) -> str:
    return workshop.shell(f". ./choice.sh; {function} {shlex.join(words)}").stdout.rstrip("\n")


@pytest.mark.parametrize(
    ("known", "kind"),
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
def test_minikube_and_kind_are_known_by_more_than_a_likeness_of_names(
    workshop: Workshop, known: tuple[str, ...], kind: str
) -> None:
    assert printed(workshop, "kind_of", *known) == kind


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        # asked, its kind, current, its kind, running profile
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
def test_the_order(workshop: Workshop, found: tuple[str, ...], expected: tuple[str, str]) -> None:
    assert tuple(printed(workshop, "choice", *found).split("\t")[:2]) == expected


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
def test_the_reason(workshop: Workshop, found: tuple[str, ...], reason: str) -> None:
    assert printed(workshop, "choice", *found).split("\t")[2] == reason
