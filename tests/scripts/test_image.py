"""The command lines that build an image for each kind of cluster. Minikube, Docker and kind are fakes here."""

from pathlib import Path

import pytest

from tests.scripts.conftest import ROOT, Sandbox

IMAGE = "docker.io/library/mlserving:0.1.0"
DOCKER = f"docker build --tag {IMAGE} --file Dockerfile ."
LOADTEST = "docker.io/library/mlserving-loadtest:0.1.0"


@pytest.fixture
def trained(sandbox: Sandbox) -> Sandbox:
    sandbox.train()
    for name in ("minikube", "docker", "kind"):
        sandbox.tool(name)
    return sandbox


@pytest.mark.parametrize(
    ("kind", "context", "commands"),
    [
        ("minikube", "mine", [f"minikube --profile mine image build --all --tag {IMAGE} --file Dockerfile ."]),
        (
            "kind",
            "kind-dev",
            [f"docker build --tag {IMAGE} --file Dockerfile .", f"kind load docker-image {IMAGE} --name dev"],
        ),
        ("context", "team", [f"docker build --tag {IMAGE} --file Dockerfile ."]),
    ],
)
def test_each_kind_of_cluster_has_its_builder(trained: Sandbox, kind: str, context: str, commands: list[str]) -> None:
    done = trained.script("image/build", KIND=kind, CONTEXT=context)
    assert done.returncode == 0, done.stderr
    assert trained.commands() == commands
    assert f"Building {IMAGE} for {kind}." in done.stderr


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        ("minikube", f"minikube --profile kind-dev image build --all --tag {LOADTEST} --file loadtest/Dockerfile ."),
        ("kind", f"docker build --tag {LOADTEST} --file loadtest/Dockerfile ."),
    ],
)
def test_the_load_generators_image_needs_no_model(sandbox: Sandbox, kind: str, command: str) -> None:
    for name in ("minikube", "docker", "kind"):
        sandbox.tool(name)
    done = sandbox.script("image/build", "loadtest", KIND=kind, CONTEXT="kind-dev", BUNDLE="mine")
    assert done.returncode == 0, done.stderr
    assert sandbox.commands()[0] == command


def test_an_image_that_there_is_not_is_refused(trained: Sandbox) -> None:
    done = trained.script("image/build", "locust", KIND="kind", CONTEXT="kind-dev")
    assert (done.returncode, done.stderr) == (2, "image: There is no image locust, only server and loadtest.\n")
    assert trained.commands() == []


@pytest.mark.parametrize(
    ("kind", "argument"),
    [("minikube", "--build-opt build-arg=BUNDLE=mine"), ("kind", "--build-arg BUNDLE=mine")],
)
def test_bundle_is_passed_as_a_build_argument(trained: Sandbox, kind: str, argument: str) -> None:
    done = trained.script("image/build", KIND=kind, CONTEXT="kind-dev", BUNDLE="mine")
    assert done.returncode == 1
    assert "There is no bundle model/bundles/mine." in done.stderr
    assert trained.commands() == []
    (trained.repository / "model" / "bundles" / "breast_model").rename(trained.repository / "model/bundles/mine")
    assert trained.script("image/build", KIND=kind, CONTEXT="kind-dev", BUNDLE="mine").returncode == 0
    assert f" {argument} " in trained.commands()[0]


@pytest.mark.parametrize("named", [{}, {"BUNDLE": "breast_model"}])
def test_a_pipeline_that_scikit_learn_runs_is_reported(trained: Sandbox, named: dict[str, str]) -> None:
    (trained.repository / "model" / "bundles" / "breast_model" / "pipeline.skops").write_text("")
    done = trained.script("image/build", KIND="kind", CONTEXT="kind-dev", **named)
    assert done.returncode == 0, done.stderr
    assert "scikit-learn runs breast_model, so the image gets requirements-sklearn.lock as well." in done.stderr


def test_another_cluster_may_need_the_image_pushed(trained: Sandbox) -> None:
    done = trained.script("image/build", KIND="context", CONTEXT="team")
    assert "If team does not share Docker's images, push the image" in done.stderr


def test_the_cluster_is_chosen_if_no_kind_is_given(trained: Sandbox) -> None:
    trained.tool("kubectl", {"'config current-context'": "minikube"})
    done = trained.script("image/build", HOST="http://here")
    assert done.returncode == 0, done.stderr
    assert trained.commands()[-1].startswith("minikube --profile minikube image build")


def test_nothing_is_built_if_no_cluster_can_be_chosen(trained: Sandbox) -> None:
    trained.tool("kubectl", otherwise=1)
    done = trained.script("image/build", CONTEXT="team")
    assert done.returncode == 1
    assert not [line for line in trained.commands() if "build" in line]


def test_the_builders_exit_status_is_returned(trained: Sandbox) -> None:
    trained.tool("docker", otherwise=3)
    done = trained.script("image/build", KIND="kind", CONTEXT="kind-dev")
    assert done.returncode == 3
    assert trained.commands() == [DOCKER]


def test_a_build_without_a_trained_model_is_refused(sandbox: Sandbox) -> None:
    done = sandbox.script("image/build", KIND="minikube", CONTEXT="minikube")
    assert done.returncode == 1
    assert "There is no trained model to put into the image. Run: make train" in done.stderr


def test_a_build_for_the_node_requires_root_and_lists_missing_packages(trained: Sandbox) -> None:
    trained.tool("id", {"-u": "1000"})
    done = trained.script("image/build", KIND="node", CONTEXT="mlserving-node")
    assert done.returncode == 1
    assert "sudo apt-get install --no-install-recommends buildah debootstrap" in done.stderr


def test_clean_succeeds_without_a_store(sandbox: Sandbox) -> None:
    done = sandbox.script("image/clean")
    assert (done.returncode, done.stderr) == (0, "image: No images are left.\n")


def test_clean_removes_only_the_store(sandbox: Sandbox, tmp_path: Path) -> None:
    store = tmp_path / ".cache" / "mlserving" / "images"
    (store / "overlay").mkdir(parents=True)
    (tmp_path / ".cache" / "mlserving" / "node").mkdir()
    sandbox.tool("buildah")
    assert sandbox.script("image/clean").returncode == 0
    assert [path.name for path in store.parent.iterdir()] == ["node"]
    assert sandbox.commands() == [f"buildah --root {store} --runroot {store}/run rm --all"]


def test_only_the_deployment_names_the_image() -> None:
    scripts = [path for path in (ROOT / "scripts").rglob("*") if path.is_file()]
    assert [path for path in scripts if b"mlserving:0" in path.read_bytes()] == []
