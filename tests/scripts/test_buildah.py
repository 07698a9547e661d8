"""How the node's images are built, by buildah's command lines; the builds themselves are run by tests/e2e."""

import shutil

import pytest

from tests.scripts.conftest import ROOT, Workshop

IMAGE = "docker.io/library/mlserving:0.1.0"


@pytest.fixture
def builder(workshop: Workshop) -> Workshop:
    workshop.tool("id", {"-u": "0"})
    workshop.tool("debootstrap")
    workshop.tool("buildah")
    workshop.tool(workshop.repository / "scripts" / "cluster" / "node")
    shutil.copy(ROOT / "Dockerfile", workshop.repository)
    (workshop.repository.parent / ".cache" / "mlserving").mkdir(parents=True)
    return workshop


def steps(workshop: Workshop) -> list[str]:
    """What was asked of buildah and the node, without the store's place and what is only looked at."""
    store = f" --root {workshop.repository.parent}/.cache/mlserving/images"
    lines = [line.replace(f"{store} --runroot{store[7:]}/run", "") for line in workshop.commands()]
    return [line for line in lines if line.startswith(("buildah bud", "buildah rmi", "node "))]


def test_what_earlier_builds_left_is_removed_and_what_the_next_one_takes_again_is_not(builder: Workshop) -> None:
    done = builder.script("image/buildah", IMAGE)
    assert done.returncode == 0, done.stderr
    stage, image, prune, load = steps(builder)
    folder = builder.repository
    assert "--layers" in stage
    assert stage.endswith(f"--target build --tag localhost/mlserving-build --file {folder}/Dockerfile {folder}")
    assert "--layers" in image
    assert image.endswith(f"--tag {IMAGE} --file {folder}/Dockerfile {folder}")
    assert (prune, load) == ("buildah rmi --prune", f"node load {IMAGE}")


def test_another_bundle_is_named_to_the_builder(builder: Workshop) -> None:
    assert builder.script("image/buildah", IMAGE, BUNDLE="mine").returncode == 0
    assert "--build-arg BUNDLE=mine" in steps(builder)[1]


def test_the_stage_that_is_kept_is_the_dockerfiles() -> None:
    assert " AS build\n" in (ROOT / "Dockerfile").read_text()


def test_a_build_that_fails_hands_nothing_on_and_removes_nothing(builder: Workshop) -> None:
    builder.tool("buildah", {"*inspect*": ""}, otherwise=1)
    done = builder.script("image/buildah", IMAGE)
    assert done.returncode == 1
    assert "building failed" in done.stderr
    assert [line.split(" --")[0] for line in steps(builder)] == ["buildah bud"]
