"""make kserve applies k8s/kserve to the chosen cluster and namespace, if KServe is there."""

import pytest

from tests.scripts.conftest import Sandbox

PREFIX = "kubectl --context team --namespace models "
KINDS = ("clusterstoragecontainers", "inferenceservices", "servingruntimes")
LABEL = "--selector app.kubernetes.io/name=mlserving-kserve"


def with_kinds(sandbox: Sandbox, *kinds: str) -> None:
    """Add a fake kubectl for a cluster that knows these kinds of KServe's objects."""
    known = "".join(f"{kind}.serving.kserve.io\n" for kind in kinds)
    facts = {"'config view'*": "team|https://10.0.0.1||models", "*'get nodes'*": "10.1.2.3"}
    sandbox.tool("kubectl", facts | {"*'api-resources --api-group serving.kserve.io'*": known})


def test_the_folder_is_applied_and_the_models_are_waited_for(sandbox: Sandbox) -> None:
    with_kinds(sandbox, *KINDS)
    done = sandbox.script("kserve", CONTEXT="team")
    assert done.returncode == 0, done.stderr
    assert [line.removeprefix(PREFIX) for line in sandbox.commands() if line.startswith(PREFIX)][1:] == [
        "apply -f k8s/kserve",
        f"wait --for condition=Ready --timeout 180s {LABEL} inferenceservice",
        f"get inferenceservice,service,hpa {LABEL}",
    ]


@pytest.mark.parametrize("known", [(), KINDS[:2], ("inferenceservices-old", *KINDS[::2])])
def test_without_kserve_nothing_is_applied_and_one_sentence_says_what_to_install(
    sandbox: Sandbox, known: tuple[str, ...]
) -> None:
    with_kinds(sandbox, *known)
    done = sandbox.script("kserve", CONTEXT="team")
    assert (done.returncode, done.stdout) == (1, "")
    said = done.stderr.splitlines()[-1]
    assert said.startswith("kserve: team has no ")
    assert "install KServe 0.20 or newer" in said
    assert not [line for line in sandbox.commands() if " apply " in line]
