"""make clean undoes everything it can, and touches nothing else. tests/scripts/node covers `node down`."""

import re
from pathlib import Path

import pytest

from tests.scripts.conftest import ROOT, Sandbox

MINIKUBE = {"'config current-context'": "minikube", "'config view'*": "minikube|https://192.168.49.2:8443||models"}
FOLDERS = (
    "-f k8s",
    "-f k8s/canary",
    "-f k8s/store",
    "-f k8s/media-cost",
    "-f k8s/locust",
    "-k k8s/monitoring",
    "-k k8s/monitoring/grafana",
)
APPLIED = re.compile(r"kubectl apply (-[fk] k8s[\w/-]*)(?=[\s`])")
NEVER = ("apt-get", "pip", "docker", "buildah pull", "buildah from")


@pytest.fixture
def used(sandbox: Sandbox, tmp_path: Path) -> Sandbox:
    """A copy in which everything that can be created exists, and a home with an image store."""
    sandbox.train()
    for name in (".venv/bin", ".mypy_cache", ".ruff_cache", "server/__pycache__", "reports/1", "model/bundles/mine"):
        (sandbox.repository / name).mkdir(parents=True)
    for name in ("images/overlay", "node/compiled"):
        (tmp_path / ".cache" / "mlserving" / name).mkdir(parents=True)
    for name in ("buildah", "minikube", "apt-get"):
        sandbox.tool(name)
    return sandbox


def deletes(context: str, namespace: str) -> list[str]:
    kubectl = f"kubectl --context {context} --namespace {namespace}"
    return [f"{kubectl} delete {folder} --ignore-not-found" for folder in FOLDERS]


def deleted(sandbox: Sandbox) -> list[str]:
    return [line for line in sandbox.commands() if "delete" in line]


def assert_clean(sandbox: Sandbox, tmp_path: Path) -> None:
    left = {str(path.relative_to(sandbox.repository)) for path in sandbox.repository.rglob("*")}
    assert left & {".venv", ".mypy_cache", ".ruff_cache", "server/__pycache__", "model/bundles/breast_model"} == set()
    assert left >= {"reports/1", "model/bundles/mine", "k8s/deployment.yaml"}
    assert [path.name for path in (tmp_path / ".cache" / "mlserving").iterdir()] == ["node"]
    assert [line for line in sandbox.commands() if line.startswith(NEVER)] == []


def test_it_works_without_a_cluster_and_twice_in_a_row(used: Sandbox, tmp_path: Path) -> None:
    first = used.script("clean")
    assert first.returncode == 0, first.stderr
    assert_clean(used, tmp_path)
    (used.tools / "buildah").unlink()
    second = used.script("clean")
    assert second.returncode == 0, second.stderr
    assert "image: No images are left." in second.stderr
    assert_clean(used, tmp_path)


def test_it_lists_what_remains_and_how_to_remove_it(used: Sandbox, tmp_path: Path) -> None:
    output = used.script("clean").stderr
    for text in (
        "reports",
        "your own bundles",
        "Debian packages",
        f"rm -rf {tmp_path}/.cache/mlserving",
        "go clean",
    ):
        assert text in output


def test_whatever_the_documents_apply_is_deleted_or_listed(used: Sandbox) -> None:
    used.tool("kubectl", MINIKUBE)
    listed = used.script("clean").stderr
    documents = "\n".join(path.read_text() for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")))
    applied = set(APPLIED.findall(documents))
    assert applied > {"-f k8s", "-f k8s/canary", "-f k8s/store", "-f k8s/kserve"}
    left = applied - set(FOLDERS) - {"-f k8s/kserve/canary"}  # an InferenceService of k8s/kserve
    assert {what for what in left if f"kubectl delete {what}\n" not in listed} == set()


def test_a_folder_that_cannot_be_deleted_is_reported_and_does_not_stop_the_others(used: Sandbox) -> None:
    used.tool("kubectl", MINIKUBE)
    kubectl = used.tools / "kubectl"
    kubectl.write_text(kubectl.read_text().replace("exit 0\n", 'case "$*" in *canary*) exit 1 ;; esac\n'))
    done = used.script("clean")
    assert done.returncode == 1
    assert "Not everything could be undone" in done.stderr
    assert deleted(used) == deletes("minikube", "models")


def test_the_deployment_on_minikube_is_deleted(used: Sandbox, tmp_path: Path) -> None:
    used.tool("kubectl", MINIKUBE)
    assert used.script("clean").returncode == 0
    assert deleted(used) == deletes("minikube", "models")
    assert_clean(used, tmp_path)


def test_a_stopped_minikube_does_not_stop_the_other_steps(used: Sandbox, tmp_path: Path) -> None:
    used.tool("kubectl", MINIKUBE, otherwise=1)
    done = used.script("clean")
    assert done.returncode == 0, done.stderr
    assert "Anything deployed on that cluster remains there." in done.stderr
    assert deleted(used) == []
    assert_clean(used, tmp_path)


def test_an_unreachable_named_cluster_fails_at_the_end(used: Sandbox, tmp_path: Path) -> None:
    used.tool("kubectl", otherwise=1)
    done = used.script("clean", CONTEXT="team")
    assert done.returncode == 1
    assert "Not everything could be undone" in done.stderr
    assert_clean(used, tmp_path)


def test_only_the_named_cluster_is_cleaned(used: Sandbox, tmp_path: Path) -> None:
    used.tool("kubectl", {"'config current-context'": "minikube", "'config view'*": "team|https://10.0.0.1||"})
    assert used.script("clean", CONTEXT="team").returncode == 0
    assert deleted(used) == deletes("team", "default")
    assert [line for line in used.commands() if "get nodes" in line] == [], "the address is not needed"


@pytest.mark.parametrize("context", ["arn:aws:eks:eu-west-1:1:cluster/my-minikube", "kind-of-production", "production"])
def test_nothing_is_deleted_on_another_current_context(used: Sandbox, context: str) -> None:
    used.tool("kubectl", {"'config current-context'": context, "'config view'*": f"{context}|https://10.0.0.1||"})
    assert used.script("clean").returncode == 0
    assert {line.split(" --")[0] for line in used.commands() if line.startswith("kubectl")} == {
        "kubectl config current-context",
        "kubectl config view",
    }


def test_a_node_that_cannot_be_stopped_does_not_stop_the_other_steps(used: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    used.tool("id", {"-u": "1000"})
    used.tool("kubectl", MINIKUBE)
    done = used.script("clean")
    assert done.returncode == 1
    assert "run this with sudo" in done.stderr
    assert deleted(used) == deletes("minikube", "models")
    assert_clean(used, tmp_path)


def test_a_damaged_image_store_is_removed(used: Sandbox, tmp_path: Path) -> None:
    used.tool("buildah", otherwise=125)
    assert used.script("clean").returncode == 0
    assert_clean(used, tmp_path)
