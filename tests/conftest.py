"""Fixtures that all tests share (the cluster, the browser), and the order of the tests."""

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# A shell that starts the tests in the background has them ignore Ctrl-C, and every child would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Quick tests run first. The tests of the node itself come before those that keep it up until the end, and so do
    # those of Docker, which compare the machine afterwards with what it was before.
    late = ("cluster", "docker", "node", "load", "network", "browser", "slow")
    items.sort(key=lambda item: [item.get_closest_marker(name) is not None for name in late])


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a real Chromium. Without one the test fails."""
    return program("chromium", "chromium", "chromium-browser", "google-chrome")


def program(package: str, *names: str) -> str:
    """Return the path of a program by one of its names, after its Debian package is installed if that is needed."""
    command = [str(ROOT / "scripts" / "program"), package, *names]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip()


def npm_packages(locked: Path, folder: Path) -> Path:
    """Copy a folder that has a package.json with its lock file, install its packages there, and return their folder."""
    shutil.copytree(locked, folder, dirs_exist_ok=True)
    subprocess.run([program("npm", "npm"), "ci", "--no-audit", "--no-fund"], cwd=folder, check=True)
    return folder / "node_modules"


@dataclass(frozen=True)
class Cluster:
    """The chosen cluster: the address of its NodePort, and how to reach its API."""

    host: str
    context: str
    kubeconfig: str
    kubectl: str
    namespace: str

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "KUBECONFIG": self.kubeconfig}

    def run(self, *arguments: str, stdin: str | None = None) -> str:
        """Return what kubectl prints. If it fails, its message is the error."""
        command = [self.kubectl, "--context", self.context, "--namespace", self.namespace, *arguments]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, env=self.environment)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The cluster that `make demo` would use. The built-in node is started, and stopped if it was not up before."""
    node = ROOT / "scripts" / "node" / "node"
    chosen = subprocess.run([ROOT / "scripts" / "choose_cluster"], stdout=subprocess.PIPE, text=True, check=True)
    values = dict(word.split("=", 1) for word in shlex.split(chosen.stdout))
    was_up = values["KIND"] != "node" or subprocess.run([node, "status"], check=False).returncode == 0
    if values["KIND"] == "node":
        subprocess.run([node, "up"], check=True)
    yield Cluster(*(values[name] for name in ("HOST", "CONTEXT", "KUBECONFIG", "KUBECTL", "NAMESPACE")))
    if not was_up:
        subprocess.run([node, "down"], check=True)
