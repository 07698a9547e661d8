"""Which builder an image is built with, by its command lines. Minikube, Docker and kind themselves are not run here."""

from pathlib import Path

import pytest

from tests.scripts.conftest import ROOT, Workshop

IMAGE = "docker.io/library/mlserving:0.1.0"


@pytest.fixture
def trained(workshop: Workshop) -> Workshop:
    workshop.train()
    for name in ("minikube", "docker", "kind"):
        workshop.tool(name)
    return workshop


@pytest.mark.parametrize(
    ("kind", "context", "commands"),
    [
        ("minikube", "mine", [f"minikube --profile mine image build --all --tag {IMAGE} --file Dockerfile ."]),
        ("kind", "kind-dev", [f"docker build --tag {IMAGE} .", f"kind load docker-image {IMAGE} --name dev"]),
        ("context", "team", [f"docker build --tag {IMAGE} ."]),
    ],
)
def test_the_builder_of_each_kind_of_cluster(trained: Workshop, kind: str, context: str, commands: list[str]) -> None:
    done = trained.script("image/build", KIND=kind, CONTEXT=context)
    assert done.returncode == 0, done.stderr
    assert trained.commands() == commands
    assert f"building {IMAGE} for {kind}" in done.stderr


@pytest.mark.parametrize(
    ("kind", "argument"),
    [("minikube", "--build-opt build-arg=BUNDLE=mine"), ("kind", "--build-arg BUNDLE=mine")],
)
def test_another_bundle_is_named_to_the_builder(trained: Workshop, kind: str, argument: str) -> None:
    done = trained.script("image/build", KIND=kind, CONTEXT="kind-dev", BUNDLE="mine")
    assert done.returncode == 1
    assert "there is no bundle model/bundles/mine: " in done.stderr
    assert trained.commands() == []
    (trained.repository / "model" / "bundles" / "breast_model").rename(trained.repository / "model/bundles/mine")
    assert trained.script("image/build", KIND=kind, CONTEXT="kind-dev", BUNDLE="mine").returncode == 0
    assert f" {argument} " in trained.commands()[0]


def test_a_cluster_of_somebody_elses_is_told_that_it_needs_the_image_pushed(trained: Workshop) -> None:
    done = trained.script("image/build", KIND="context", CONTEXT="team")
    assert "as team may be, needs it pushed to its registry" in done.stderr


def test_without_a_kind_the_cluster_is_chosen_first(trained: Workshop) -> None:
    trained.tool("kubectl", {"'config current-context'": "minikube"})
    done = trained.script("image/build", HOST="http://here")
    assert done.returncode == 0, done.stderr
    assert trained.commands()[-1].startswith("minikube --profile minikube image build")


def test_a_failing_choice_builds_nothing(trained: Workshop) -> None:
    trained.tool("kubectl", otherwise=1)
    done = trained.script("image/build", CONTEXT="team")
    assert done.returncode == 1
    assert not [line for line in trained.commands() if "build" in line]


def test_a_failing_builder_fails_the_build(trained: Workshop) -> None:
    trained.tool("docker", otherwise=3)
    done = trained.script("image/build", KIND="kind", CONTEXT="kind-dev")
    assert done.returncode == 3
    assert trained.commands() == [f"docker build --tag {IMAGE} ."]


def test_no_model_no_image(workshop: Workshop) -> None:
    done = workshop.script("image/build", KIND="minikube", CONTEXT="minikube")
    assert done.returncode == 1
    assert "no trained model to put into it yet: make train" in done.stderr


def test_the_node_needs_root_and_names_the_packages(trained: Workshop) -> None:
    trained.tool("id", {"-u": "1000"})
    done = trained.script("image/build", KIND="node", CONTEXT="mlserving-node")
    assert done.returncode == 1
    assert "sudo apt-get install --no-install-recommends buildah debootstrap" in done.stderr


def test_cleaning_where_nothing_was_built(workshop: Workshop) -> None:
    done = workshop.script("image/clean")
    assert (done.returncode, done.stderr) == (0, "image: none is left\n")


def test_cleaning_removes_the_store_and_nothing_beside_it(workshop: Workshop, tmp_path: Path) -> None:
    store = tmp_path / ".cache" / "mlserving" / "images"
    (store / "overlay").mkdir(parents=True)
    (tmp_path / ".cache" / "mlserving" / "node").mkdir()
    workshop.tool("buildah")
    assert workshop.script("image/clean").returncode == 0
    assert [path.name for path in store.parent.iterdir()] == ["node"]
    assert workshop.commands() == [f"buildah --root {store} --runroot {store}/run rm --all"]


def test_the_image_is_named_in_the_deployment_alone() -> None:
    scripts = [path for path in (ROOT / "scripts").rglob("*") if path.is_file()]
    assert [path for path in scripts if b"mlserving:0" in path.read_bytes()] == []
