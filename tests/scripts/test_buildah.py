"""The buildah command lines of an image build. tests/e2e runs real builds."""

import shutil

import pytest

from tests.scripts.conftest import ROOT, Sandbox

IMAGE = "docker.io/library/mlserving:0.1.0"


@pytest.fixture
def builder(sandbox: Sandbox) -> Sandbox:
    sandbox.tool("id", {"-u": "0"})
    sandbox.tool("debootstrap")
    sandbox.tool("buildah")
    sandbox.tool(sandbox.repository / "scripts" / "node" / "node")
    shutil.copy(ROOT / "Dockerfile", sandbox.repository)
    (sandbox.repository.parent / ".cache" / "mlserving").mkdir(parents=True)
    return sandbox


def steps(sandbox: Sandbox) -> list[str]:
    """Return the commands that change something, without the options that locate the store."""
    store = f" --root {sandbox.repository.parent}/.cache/mlserving/images"
    lines = [line.replace(f"{store} --runroot{store[7:]}/run", "") for line in sandbox.commands()]
    return [line for line in lines if line.startswith(("buildah bud", "buildah rmi", "node "))]


def test_a_build_prunes_old_images_and_keeps_the_layers_for_the_next_build(builder: Sandbox) -> None:
    done = builder.script("image/buildah", IMAGE, "Dockerfile")
    assert done.returncode == 0, done.stderr
    stage, image, prune, load = steps(builder)
    folder = builder.repository
    assert "--layers" in stage
    assert stage.endswith(f"--target build --tag localhost/mlserving-build --file {folder}/Dockerfile {folder}")
    assert "--layers" in image
    assert image.endswith(f"--tag {IMAGE} --file {folder}/Dockerfile {folder}")
    assert (prune, load) == ("buildah rmi --prune", f"node load {IMAGE}")


def test_bundle_is_passed_as_a_build_argument(builder: Sandbox) -> None:
    assert builder.script("image/buildah", IMAGE, "Dockerfile", BUNDLE="mine").returncode == 0
    assert "--build-arg BUNDLE=mine" in steps(builder)[1]


def test_each_image_keeps_a_build_stage_of_its_own(builder: Sandbox) -> None:
    (builder.repository / "loadtest").mkdir()
    shutil.copy(ROOT / "loadtest" / "Dockerfile", builder.repository / "loadtest")
    image = "docker.io/library/mlserving-loadtest:0.1.0"
    assert builder.script("image/buildah", image, "loadtest/Dockerfile").returncode == 0
    folder = builder.repository
    file = f"--file {folder}/loadtest/Dockerfile {folder}"
    assert steps(builder)[0].endswith(f"--target build --tag localhost/mlserving-loadtest-build {file}")
    assert steps(builder)[1].endswith(f"--tag {image} {file}")


@pytest.mark.parametrize("name", ["Dockerfile", "loadtest/Dockerfile"])
def test_the_dockerfile_has_the_stage_that_is_kept(name: str) -> None:
    assert " AS build\n" in (ROOT / name).read_text()


def test_a_failed_build_loads_and_prunes_nothing(builder: Sandbox) -> None:
    builder.tool("buildah", {"*inspect*": ""}, otherwise=1)
    done = builder.script("image/buildah", IMAGE, "Dockerfile")
    assert done.returncode == 1
    assert "Building failed" in done.stderr
    assert [line.split(" --")[0] for line in steps(builder)] == ["buildah bud"]
