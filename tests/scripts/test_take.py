"""The demo and a load work, from start to end, on the one cluster and in the one namespace that were taken."""

import pytest

from tests.scripts.conftest import Workshop

PREFIX = "kubectl --context team --namespace models "
EXPERIMENT = "python -m loadtest --shape {} --host http://10.1.2.3:30001 --context team --namespace models"
ROW = '{"area_worst": 2019.0}'


@pytest.fixture
def furnished(workshop: Workshop) -> Workshop:
    """A trained model, an environment, and a cluster of somebody's whose context has a namespace of its own."""
    workshop.train()
    workshop.tool(workshop.repository / ".venv" / "bin" / "python", {"-c*": ROW})
    for name in ("curl", "docker"):
        workshop.tool(name)
    facts = {"'config view'*": "team|https://10.0.0.1||models", "*'get nodes'*": "10.1.2.3"}
    workshop.tool("kubectl", facts | {"*'get deployment'*": "deployment.apps/ml-serving-deployment"})
    return workshop


def test_the_demo(furnished: Workshop) -> None:
    done = furnished.script("demo", CONTEXT="team")
    assert done.returncode == 0, done.stderr
    commands = furnished.commands()
    spoken = [line for line in commands if line.startswith("kubectl --context team --namespace")]
    assert [line.removeprefix(PREFIX) for line in spoken] == [
        "get deployment ml-serving-deployment --ignore-not-found --output name",
        "apply -f k8s",
        "rollout restart deployment.apps/ml-serving-deployment",
        "rollout status deployment/ml-serving-deployment --timeout 180s",
        "get pods,service,hpa --selector app.kubernetes.io/name=ml-serving",
    ]
    (asked,) = (line for line in commands if line.startswith("curl"))
    assert "--retry-connrefused" in asked, "the first answer may be a second late"
    assert commands[-1] == EXPERIMENT.format("demo")


def test_the_demo_ends_with_how_to_go_on_with_this_cluster(furnished: Workshop) -> None:
    done = furnished.script("demo", CONTEXT="team", KUBECONFIG="/my files/config")
    words = f"KUBECONFIG=/my\\ files/config {furnished.tools}/kubectl --context team --namespace models get hpa,pods"
    assert f"Watch it   {words}\n" in done.stdout
    assert f"Report     {furnished.repository}/reports/latest/report.html\n" in done.stdout
    assert done.stdout.endswith("Clean up   make clean CONTEXT=team\n")


def test_a_load(furnished: Workshop) -> None:
    done = furnished.script("load", "spike", CONTEXT="team")
    assert done.returncode == 0, done.stderr
    assert furnished.commands()[-1] == EXPERIMENT.format("spike")
