"""What the tests of every part share: the cluster, the browser, and the order of the slow ones."""

import os
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Quick tests tell first; the node's own life comes before the tests that need it up to the end.
    late = ("cluster", "node", "load", "network", "browser", "slow")
    items.sort(key=lambda item: [item.get_closest_marker(name) is not None for name in late])


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a real Chromium; a machine without one fails the test."""
    done = subprocess.run([ROOT / "scripts" / "browser"], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip()


@dataclass(frozen=True)
class Cluster:
    """The cluster taken: where its NodePort answers, and how to speak to it."""

    host: str
    context: str
    kubeconfig: str
    kubectl: str
    namespace: str

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "KUBECONFIG": self.kubeconfig}

    def run(self, *words: str, stdin: str | None = None) -> str:
        """What kubectl prints; its own words are the error where it fails."""
        command = [self.kubectl, "--context", self.context, "--namespace", self.namespace, *words]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, env=self.environment)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The cluster that `make demo` would take. The node of our own is started, and stopped if it was not up before."""
    node = ROOT / "scripts" / "node" / "node"
    chosen = subprocess.run([ROOT / "scripts" / "choose_cluster"], stdout=subprocess.PIPE, text=True, check=True)
    values = dict(word.split("=", 1) for word in shlex.split(chosen.stdout))
    was_up = values["KIND"] != "node" or subprocess.run([node, "status"], check=False).returncode == 0
    if values["KIND"] == "node":
        subprocess.run([node, "up"], check=True)
    yield Cluster(*(values[name] for name in ("HOST", "CONTEXT", "KUBECONFIG", "KUBECTL", "NAMESPACE")))
    if not was_up:
        subprocess.run([node, "down"], check=True)
