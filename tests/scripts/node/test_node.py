"""A real node on this machine: start, restart of parts, recovery after a reboot, and a stop that leaves nothing."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scripts.node.machine import RUNTIME, snapshot

ROOT = Path(__file__).parents[3]
NODE = ROOT / "scripts" / "node" / "node"

pytestmark = pytest.mark.node


class Node:
    """The node script with a temporary home."""

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
        pytest.fail("another node is up. Stop it first: scripts/node/node down")
    node = Node(tmp_path / "node")
    yield node
    node("down")


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        process.kill()


def simulate_reboot(node: Node, stranger: subprocess.Popen[bytes]) -> None:
    """Leave what a reboot leaves where /run survives: no process, and pids that other processes have by now."""
    components = ("kubelet", "proxy", "scheduler", "controller-manager", "apiserver", "etcd", "containerd")
    node.kill(*components)
    for name in components:
        (RUNTIME / f"{name}.pid").write_text(f"{stranger.pid} 1\n")
    identity = RUNTIME / "identity"
    identity.write_text(f"another-boot {identity.read_text().split(' ', 1)[1]}")


def test_node_starts_recovers_and_leaves_nothing(node: Node, stranger: subprocess.Popen[bytes], tmp_path: Path) -> None:
    before = snapshot(node.home)
    assert node("status").returncode == 1

    assert "Up after" in node.up()
    assert " Ready " in node.kubectl("get", "nodes")
    pods = node.pods()

    began = time.monotonic()
    assert node.up() == "node: Already up.\n"
    assert time.monotonic() - began < 5

    other = node("down", home=tmp_path / "other")
    assert other.returncode == 1
    assert f"A node with its state in {node.home} is up" in other.stderr

    for killed in (["kubelet"], ["proxy", "scheduler"], ["containerd", "etcd", "apiserver"]):
        node.kill(*killed)
        assert node("status").returncode == 1, killed
        assert node.up().endswith("node: Up again.\n"), killed
        assert node.pods() == pods, "the pods must survive"
    assert node("status").returncode == 0

    simulate_reboot(node, stranger)
    assert "Removing what an earlier node left." in node.up()
    assert stranger.poll() is None
    assert not node.pods() & pods, "the node must start fresh"

    down = node("down")
    assert (down.returncode, down.stderr) == (0, "node: Down. Nothing of it is left on this machine.\n")
    left = {what: found - before[what] for what, found in snapshot(node.home).items()}
    lost = {what: found - snapshot(node.home)[what] for what, found in before.items()}
    assert {what: found for what, found in left.items() if found} == {}
    assert {what: found for what, found in lost.items() if found} == {}
    assert stranger.poll() is None
    assert node("down").stderr == "node: No node is up.\n"
