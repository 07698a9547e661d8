"""The life of a real node on this machine: up, up again, hurt, healed, after a restart, down, nothing left."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scripts.machine import RUNTIME, snapshot

ROOT = Path(__file__).parents[2]
NODE = ROOT / "scripts" / "cluster" / "node"

pytestmark = pytest.mark.node


class Node:
    """The node's script with a home of the test's own."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *words: str, home: Path | None = None) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "NODE_HOME": str(home or self.home)}
        return subprocess.run([NODE, *words], capture_output=True, text=True, check=False, env=environment)

    def up(self) -> str:
        done = self("up")
        assert done.returncode == 0, done.stderr
        assert done.stdout == f"{self.home}/admin.conf\n"
        return done.stderr

    def kubectl(self, *words: str) -> str:
        command = [f"{self.home}/bin/kubectl", "--kubeconfig", f"{self.home}/admin.conf", *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def pods(self) -> set[str]:
        return set(self.kubectl("get", "pods", "--all-namespaces", "--output", "name").split())

    def kill(self, *components: str) -> None:
        for name in components:
            pid = int((RUNTIME / f"{name}.pid").read_text().split()[0])
            os.kill(pid, signal.SIGKILL)
            while Path(f"/proc/{pid}/exe").exists():
                time.sleep(0.01)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    if RUNTIME.exists():
        pytest.fail("a node is up that this test did not start: stop it first with scripts/cluster/node down")
    node = Node(tmp_path / "node")
    yield node
    node("down")


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        process.kill()


def pretend_restart(node: Node, stranger: subprocess.Popen[bytes]) -> None:
    """What a restart leaves where /run is kept: no process, and numbers that are somebody else's by now."""
    components = ("kubelet", "proxy", "scheduler", "controller-manager", "apiserver", "etcd", "containerd")
    node.kill(*components)
    for name in components:
        (RUNTIME / f"{name}.pid").write_text(f"{stranger.pid} 1\n")
    identity = RUNTIME / "identity"
    identity.write_text(f"another-boot {identity.read_text().split(' ', 1)[1]}")


def test_life(node: Node, stranger: subprocess.Popen[bytes], tmp_path: Path) -> None:
    before = snapshot(node.home)
    assert node("status").returncode == 1

    assert "up after" in node.up()
    assert " Ready " in node.kubectl("get", "nodes")
    pods = node.pods()

    began = time.monotonic()
    assert node.up() == "node: already up\n"
    assert time.monotonic() - began < 5

    other = node("down", home=tmp_path / "other")
    assert other.returncode == 1
    assert f"keeps its state in {node.home} is up" in other.stderr

    for hurt in (["kubelet"], ["proxy", "scheduler"], ["containerd", "etcd", "apiserver"]):
        node.kill(*hurt)
        assert node("status").returncode == 1, hurt
        assert node.up().endswith("node: up again\n"), hurt
        assert node.pods() == pods, "what ran goes on"
    assert node("status").returncode == 0

    pretend_restart(node, stranger)
    assert "removing what an earlier node left" in node.up()
    assert stranger.poll() is None
    assert not node.pods() & pods, "it starts afresh"

    down = node("down")
    assert (down.returncode, down.stderr) == (0, "node: down: nothing of it is left\n")
    left = {what: found - before[what] for what, found in snapshot(node.home).items()}
    lost = {what: found - snapshot(node.home)[what] for what, found in before.items()}
    assert {what: found for what, found in left.items() if found} == {}
    assert {what: found for what, found in lost.items() if found} == {}
    assert stranger.poll() is None
    assert node("down").stderr == "node: none is up\n"
