"""make demo, load and logs use the chosen cluster and namespace from start to finish."""

import pytest

from loadtest.__main__ import parse
from tests.scripts.conftest import Sandbox

PREFIX = "kubectl --context team --namespace models "
EXPERIMENT = "python -m loadtest --shape {} --host http://10.1.2.3:30001{} --context team --namespace models"
FAULTS = "Pods cannot inject faults. Leave out LOCUST_PODS, or the faults."
VIEW = "apply view-last-applied --output json deployment/ml-serving-deployment hpa/ml-serving-hpa"
ROW = '{"area_worst": 2019.0}'


@pytest.fixture
def prepared(sandbox: Sandbox) -> Sandbox:
    """A trained model, an environment, and another cluster whose context has its own namespace."""
    sandbox.train()
    sandbox.tool(sandbox.repository / ".venv" / "bin" / "python", {"-c*": ROW})
    for name in ("curl", "docker"):
        sandbox.tool(name)
    facts = {"'config view'*": "team|https://10.0.0.1||models", "*'get nodes'*": "10.1.2.3"}
    sandbox.tool("kubectl", facts | {"*'get deployment'*": "deployment.apps/ml-serving-deployment"})
    return sandbox


def test_demo_uses_one_cluster_and_namespace(prepared: Sandbox) -> None:
    done = prepared.script("demo", CONTEXT="team")
    assert done.returncode == 0, done.stderr
    commands = prepared.commands()
    requests = [line for line in commands if line.startswith("kubectl --context team --namespace")]
    assert [line.removeprefix(PREFIX) for line in requests] == [
        "get deployment ml-serving-deployment --ignore-not-found --output name",
        "apply -f k8s",
        "rollout restart deployment.apps/ml-serving-deployment",
        "rollout status deployment/ml-serving-deployment --timeout 180s",
        "get pods,service,hpa --selector app.kubernetes.io/name=ml-serving",
    ]
    (prediction,) = (line for line in commands if line.startswith("curl"))
    assert "--retry-connrefused" in prediction, "the pod may be reachable a second late"
    assert "--noproxy * " in prediction, "the load uses no proxy either"
    assert commands[-1] == EXPERIMENT.format("demo", "")


def test_demo_ends_with_what_is_running_and_how_to_remove_it(prepared: Sandbox) -> None:
    done = prepared.script("demo", CONTEXT="team", KUBECONFIG="/my files/config")
    command = f"KUBECONFIG=/my\\ files/config {prepared.tools}/kubectl --context team --namespace models get hpa,pods"
    assert f"Watch it   {command}\n" in done.stdout
    assert f"Report     {prepared.repository}/reports/latest/report.html\n" in done.stdout
    assert "The service is still running on team.\n" in done.stdout
    assert done.stdout.endswith("Remove it  make clean CONTEXT=team\n")


FORWARD = "kubectl --context team --namespace models port-forward service/ml-serving-service 8000\n"
TUNNEL = "minikube --profile mine service ml-serving-service --namespace models --url\n"


@pytest.mark.parametrize(
    ("context", "known", "way", "address"),
    [
        ("team", "team|https://10.0.0.1||models", FORWARD, "http://127.0.0.1:8000"),
        ("mine", "mine|https://127.0.0.1:8443|minikube.sigs.k8s.io|models", TUNNEL, "'the address that it prints'"),
    ],
)
@pytest.mark.parametrize("status", [7, 28])
def test_demo_says_how_to_go_on_if_the_nodes_address_cannot_be_reached(
    prepared: Sandbox, context: str, known: str, way: str, address: str, status: int
) -> None:
    prepared.tool("minikube", {"*ip": "10.1.2.3"})
    prepared.tool("kubectl", {"'config view'*": known, "*'get nodes'*": "10.1.2.3"})
    prepared.tool("curl", otherwise=status)
    done = prepared.script("demo", CONTEXT=context)
    assert done.returncode == status
    *_, problem, first, second, _ = done.stderr.splitlines(keepends=True)
    assert "cannot reach http://10.1.2.3:30001. " in problem
    assert first.endswith(way)
    assert second == f"demo:   make load CONTEXT={context} HOST={address}\n"
    (prediction,) = (line for line in prepared.commands() if line.startswith("curl"))
    assert {"--connect-timeout 5", "--max-time 10", "--retry-max-time 20"} <= {
        f"--{option}".strip() for option in prediction.split(" --")
    }
    assert not [line for line in prepared.commands() if "loadtest" in line]


def test_demo_ends_if_the_service_answers_with_an_error(prepared: Sandbox) -> None:
    prepared.tool("curl", otherwise=22)
    done = prepared.script("demo", CONTEXT="team")
    assert done.returncode == 22
    assert "cannot reach" not in done.stderr
    assert not [line for line in prepared.commands() if "loadtest" in line]


@pytest.mark.parametrize(("script", "words"), [("demo", []), ("load", ["spike"]), ("kserve", []), ("monitoring", [])])
def test_the_built_in_node_is_started_for_what_needs_it(prepared: Sandbox, script: str, words: list[str]) -> None:
    prepared.tool(prepared.repository / "scripts" / "node" / "node", otherwise=3)
    done = prepared.script(script, *words, CONTEXT="mlserving-node")
    assert done.returncode == 3
    assert prepared.commands()[-1] == "node up"


def test_logs_do_not_start_the_built_in_node(prepared: Sandbox) -> None:
    prepared.tool(prepared.repository / "scripts" / "node" / "node", {"up": ""}, otherwise=1)
    done = prepared.script("logs", CONTEXT="mlserving-node")
    assert done.returncode == 1
    assert done.stderr.endswith("logs: No pod serves on mlserving-node. Deploy with: make demo\n")
    assert [line for line in prepared.commands() if line.startswith("node")] == ["node status"]


def test_logs_of_another_cluster_are_read(prepared: Sandbox) -> None:
    facts = {"'config view'*": "team|https://10.0.0.1||models", "*'get nodes'*": "10.1.2.3", "*'get pods'*": "pod/a"}
    prepared.tool("kubectl", facts | {"*' logs '*'--tail 100'": "a line\n"})
    done = prepared.script("logs", CONTEXT="team")
    assert (done.returncode, done.stdout) == (0, "a line\n")


def test_load_uses_one_cluster_and_namespace(prepared: Sandbox) -> None:
    done = prepared.script("load", "spike", CONTEXT="team")
    assert done.returncode == 0, done.stderr
    assert prepared.commands()[-1] == EXPERIMENT.format("spike", "")


def test_load_in_pods_builds_their_image_and_reaches_the_service_from_inside(prepared: Sandbox) -> None:
    done = prepared.script("load", "spike", CONTEXT="team", LOCUST_PODS="4")
    assert done.returncode == 0, done.stderr
    *_, build, experiment = prepared.commands()
    assert build.startswith("docker build --tag docker.io/library/mlserving-loadtest:")
    inside = EXPERIMENT.format("spike", " --pods 4").replace("10.1.2.3:30001", "ml-serving-service:8000")
    assert experiment == inside


def test_load_in_pods_ignores_a_host_that_is_no_address(prepared: Sandbox) -> None:
    done = prepared.script("load", "spike", CONTEXT="team", LOCUST_PODS="4", HOST="x86_64-conda-linux-gnu")
    assert done.returncode == 0, done.stderr
    assert " --host http://ml-serving-service:8000 --pods 4 " in prepared.commands()[-1]


def test_load_in_pods_goes_to_the_address_that_the_caller_gives(prepared: Sandbox) -> None:
    done = prepared.script("load", "spike", CONTEXT="team", LOCUST_PODS="4", HOST="http://media-cost-service:9696")
    assert done.returncode == 0, done.stderr
    assert " --host http://media-cost-service:9696 --pods 4 " in prepared.commands()[-1]
    prepared.script("load", "spike", "", "--host", "http://other:80", CONTEXT="team", LOCUST_PODS="4")
    _, _, words = prepared.commands()[-1].partition("loadtest ")
    assert parse(words.split()).host == "http://other:80", "the caller's word is the last one"


@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_number_of_pods_that_is_none_is_refused_before_anything_is_built(prepared: Sandbox, number: str) -> None:
    done = prepared.script("load", "spike", CONTEXT="team", LOCUST_PODS=number)
    assert (done.returncode, done.stderr) == (2, f"load: LOCUST_PODS is a whole number from 1, not {number}.\n")
    assert prepared.commands() == []


@pytest.mark.parametrize(
    "words", [["faults"], ["demo", "", "--fault", "evict-pod@9"], ["demo", "", "--fault=evict-pod@9"]]
)
def test_faults_from_pods_are_refused_before_anything_is_built(prepared: Sandbox, words: list[str]) -> None:
    done = prepared.script("load", *words, CONTEXT="team", LOCUST_PODS="4")
    assert (done.returncode, done.stderr) == (2, f"load: {FAULTS}\n")
    assert prepared.commands() == []


@pytest.mark.parametrize(
    ("shape", "variables", "folder"),
    [
        ("saturate", {}, "k8s/saturate/on"),
        ("saturate", {"OVERLAY": "saturate/off"}, "k8s/saturate/off"),
        ("demo", {"OVERLAY": "saturate/on"}, "k8s/saturate/on"),
    ],
)
def test_load_applies_an_overlay_and_restores_the_deployment(
    prepared: Sandbox, shape: str, variables: dict[str, str], folder: str
) -> None:
    done = prepared.script("load", shape, "brain_mri", "--open", "poisson", CONTEXT="team", **variables)
    assert done.returncode == 0, done.stderr
    lines = [line.removeprefix(PREFIX) for line in prepared.commands()]
    requests = [line for line in lines if "yaml" not in line]
    rollout = "rollout status deployment/ml-serving-deployment --timeout 180s"
    overlay = f"kustomize --load-restrictor LoadRestrictionsNone {folder}"
    assert requests[-7:-4] == [VIEW, overlay, "apply -f -"]
    assert requests[-4] == rollout
    assert requests[-3].startswith(f"python -m loadtest --shape {shape} --host ")
    assert " --models brain_mri --open poisson --context " in requests[-3]
    assert requests[-2:] == ["apply -f -", rollout]


def test_a_missed_objective_restores_the_deployment_too(prepared: Sandbox) -> None:
    prepared.tool(prepared.repository / ".venv" / "bin" / "python", {"-c*": ""}, otherwise=1)
    done = prepared.script("load", "saturate", CONTEXT="team")
    assert done.returncode == 1
    assert prepared.commands()[-2] == f"{PREFIX}apply -f -"


def test_a_deployment_that_could_not_be_restored_is_left_alone(prepared: Sandbox) -> None:
    prepared.tool(
        "kubectl",
        {
            "'config view'*": "team|https://10.0.0.1||models",
            "*'get nodes'*": "10.1.2.3",
            "*readyz": "",
            "'config get-contexts'*": "",
        },
        otherwise=1,
    )
    done = prepared.script("load", "saturate", CONTEXT="team")
    assert done.returncode == 1
    assert "kubectl apply did not make it" in done.stderr
    assert not [line for line in prepared.commands() if " apply -f " in line]


@pytest.mark.parametrize("overlay", ["tunned", "monitoring"])
def test_what_is_no_variant_of_the_deployment_is_refused_before_anything_is_changed(
    prepared: Sandbox, overlay: str
) -> None:
    done = prepared.script("load", "demo", CONTEXT="team", OVERLAY=overlay)
    assert done.returncode == 2
    assert done.stderr.startswith(f"load: k8s/{overlay} changes neither the deployment nor its autoscaler. ")
    assert prepared.commands() == []
