"""`node down` removes only what belongs to the node, and needs nothing where there is no node."""

from pathlib import Path

import pytest

from tests.scripts.conftest import Sandbox

LOAD = ". ./preflight.sh; . ./cleanup.sh;"


def as_root(sandbox: Sandbox) -> None:
    sandbox.tool("id", {"-u": "0"})


def as_mac_user(sandbox: Sandbox) -> None:
    sandbox.tool("id", {"-u": "1000"})
    sandbox.tool("uname", {"-s": "Darwin", "-m": "arm64"})


@pytest.mark.parametrize("command", ["up", "down", "load"])
@pytest.mark.parametrize("name", ["data", "."])
def test_a_home_with_other_files_is_refused_and_left_alone(
    sandbox: Sandbox, tmp_path: Path, command: str, name: str
) -> None:
    as_root(sandbox)
    home = tmp_path / "home"
    (home / "data").mkdir(parents=True)
    (home / "data" / "thesis").write_text("years of work")
    done = sandbox.script("node/node", command, "image", NODE_HOME=str(home / name))
    assert done.returncode == 1
    assert "contains files that are not the node's. Name a folder that is empty or does not exist" in done.stderr
    assert (home / "data" / "thesis").read_text() == "years of work"


def test_a_home_that_is_a_file_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    as_root(sandbox)
    (tmp_path / "home").write_text("mine")
    done = sandbox.script("node/node", "down", NODE_HOME=f"{tmp_path}/home")
    assert done.returncode == 1
    assert "contains files that are not the node's" in done.stderr


MARKED = "mkdir $state; echo >$marker; echo >$state/admin.conf;"


@pytest.mark.parametrize("setup", ["", "mkdir $state;", MARKED])
def test_an_absent_empty_or_marked_home_is_accepted(sandbox: Sandbox, tmp_path: Path, setup: str) -> None:
    done = sandbox.shell(f"{LOAD} {setup} require_own", NODE_HOME=f"{tmp_path}/home")
    assert (done.returncode, done.stderr) == (0, "")


def test_links_in_the_home_are_resolved(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    assert sandbox.shell("echo $state", NODE_HOME=f"{tmp_path}/link//node/").stdout == f"{tmp_path}/disk/node\n"


def test_down_refuses_a_node_with_another_home(sandbox: Sandbox, tmp_path: Path) -> None:
    as_root(sandbox)
    (tmp_path / "run").mkdir()
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    (tmp_path / "run" / "identity").write_text(f"{boot} /their/home /their/bin\n")
    done = sandbox.script("node/node", "down")
    assert done.returncode == 1
    assert "A node with its state in /their/home is up. Use it (NODE_HOME=/their/home)" in done.stderr


def test_down_without_a_node_needs_nothing(sandbox: Sandbox) -> None:
    as_mac_user(sandbox)
    done = sandbox.script("node/node", "down")
    assert (done.returncode, done.stderr) == (0, "node: No node is up.\n")


def test_down_keeps_an_empty_home(sandbox: Sandbox, tmp_path: Path) -> None:
    as_mac_user(sandbox)
    (tmp_path / "home").mkdir()
    done = sandbox.script("node/node", "down", NODE_HOME=f"{tmp_path}/home")
    assert (done.returncode, done.stderr) == (0, "node: No node is up.\n")
    assert (tmp_path / "home").is_dir()


def test_down_of_leftovers_requires_root_and_installs_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    sandbox.tool("id", {"-u": "1000"})
    assert "run this with sudo" in sandbox.script("node/node", "down").stderr
    as_root(sandbox)
    sandbox.tool("apt-get")
    done = sandbox.script("node/node", "down")
    assert done.returncode == 1
    assert "Stopping the node requires these Debian packages: iproute2 iptables" in done.stderr
    assert [line for line in sandbox.commands() if line.startswith("apt-get")] == []
    assert (tmp_path / "run").is_dir()


def test_status_without_a_node_needs_nothing(sandbox: Sandbox) -> None:
    as_mac_user(sandbox)
    done = sandbox.script("node/node", "status")
    assert (done.returncode, done.stderr) == (1, "node: Not up.\n")


@pytest.mark.parametrize("others", [["theirs"], []])
def test_network_plugin_results_of_others_are_kept(sandbox: Sandbox, tmp_path: Path, others: list[str]) -> None:
    results = tmp_path / "results"
    for name in ("ours", *others):
        (results / name).mkdir(parents=True)
        (results / name / "eth0").write_text(f'{{"netns": "{tmp_path}/{"run" if name == "ours" else name}/netns/1"}}')
    for _ in range(2):  # the second time none is left to remove
        done = sandbox.shell(f"{LOAD} remove_results {results}; echo went on")
        assert done.stdout == "went on\n"
        assert [path.parent.name for path in results.glob("*/eth0")] == others
    assert sandbox.shell(f"{LOAD} remove_results {tmp_path}/absent; echo went on").stdout == "went on\n"


def test_an_interrupted_removal_can_be_resumed(sandbox: Sandbox, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "etcd").mkdir(parents=True)
    (home / "mlserving-node").write_text("")
    interrupted = sandbox.shell(f"{LOAD} find() {{ false; }}; remove_folders", NODE_HOME=str(home))
    assert interrupted.returncode != 0
    assert (home / "mlserving-node").exists()
    assert sandbox.shell(f"{LOAD} remove_folders", NODE_HOME=str(home)).returncode == 0
    assert not home.exists()
