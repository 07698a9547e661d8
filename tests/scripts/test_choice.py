"""The order in which a cluster is chosen, and that nobody's production is ever taken unasked."""

import pytest

from tests.scripts.conftest import Workshop

NODE = ("node", "mlserving-node")
PROVIDER = "minikube.sigs.k8s.io"


def chosen(workshop: Workshop, *found: str) -> list[str]:
    words = " ".join(f"'{word}'" for word in found)
    return workshop.shell(f". ./choice.sh; choice {words}").stdout.rstrip("\n").split("\t")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        # asked, its provider, current, its provider, running profile
        (("production", "", "minikube", "", "minikube"), ("context", "production")),
        (("mine", PROVIDER, "", "", ""), ("minikube", "mine")),
        (("kind-dev", "", "minikube", "", ""), ("kind", "kind-dev")),
        (("mlserving-node", "", "minikube", "", "minikube"), NODE),
        (("", "", "minikube", "", ""), ("minikube", "minikube")),
        (("", "", "mine", PROVIDER, ""), ("minikube", "mine")),
        (("", "", "kind-dev", "", "minikube"), ("kind", "kind-dev")),
        (("", "", "", "", "minikube"), ("minikube", "minikube")),
        (("", "", "production", "", "minikube"), ("minikube", "minikube")),
        (("", "", "production", "", ""), NODE),
        (("", "", "mankind-production", "", ""), NODE),
        (("", "", "minikube-production", "", ""), NODE),
        (("", "", "mlserving-node", "", ""), NODE),
        (("", "", "", "", ""), NODE),
    ],
)
def test_the_order(workshop: Workshop, found: tuple[str, ...], expected: tuple[str, str]) -> None:
    assert tuple(chosen(workshop, *found)[:2]) == expected


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (("a", "", "b", "", "c"), "CONTEXT names it"),
        (("", "", "minikube", "", ""), "it is kubectl's current context"),
        (("", "", "", "", "mine"), "this Minikube profile is running"),
        (
            ("", "", "production", "", ""),
            "kubectl's current context, production, is neither Minikube nor kind and is left alone",
        ),
        (("", "", "", "", ""), "there is no Minikube or kind here"),
    ],
)
def test_the_reason(workshop: Workshop, found: tuple[str, ...], reason: str) -> None:
    assert chosen(workshop, *found)[2] == reason
