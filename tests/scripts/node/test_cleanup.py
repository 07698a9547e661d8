"""`node down` removes only what belongs to the node, and needs nothing where there is no node."""

from pathlib import Path

import pytest

from tests.scripts.conftest import Workshop

LOAD = ". ./preflight.sh; . ./cleanup.sh;"


def as_root(workshop: Workshop) -> None:
    workshop.tool("id", {"-u": "0"})


def as_mac_user(workshop: Workshop) -> None:
    workshop.tool("id", {"-u": "1000"})
    workshop.tool("uname", {"-s": "Darwin", "-m": "arm64"})


@pytest.mark.parametrize("command", ["up", "down", "load"])
@pytest.mark.parametrize("name", ["data", "."])
def test_a_home_with_other_files_is_refused_and_left_alone(
    workshop: Workshop, tmp_path: Path, command: str, name: str
) -> None:
    as_root(workshop)
    home = tmp_path / "home"
    (home / "data").mkdir(parents=True)
    (home / "data" / "thesis").write_text("years of work")
    done = workshop.script("node/node", command, "image", NODE_HOME=str(home / name))
    assert done.returncode == 1
    assert "contains files that are not the node's. Name a folder that is empty or does not exist" in done.stderr
    assert (home / "data" / "thesis").read_text() == "years of work"


def test_a_home_that_is_a_file_is_refused(workshop: Workshop, tmp_path: Path) -> None:
    as_root(workshop)
    (tmp_path / "home").write_text("mine")
    done = workshop.script("node/node", "down", NODE_HOME=f"{tmp_path}/home")
    assert done.returncode == 1
    assert "contains files that are not the node's" in done.stderr


MARKED = "mkdir $state; echo >$marker; echo >$state/admin.conf;"


@pytest.mark.parametrize("setup", ["", "mkdir $state;", MARKED])
def test_an_absent_empty_or_marked_home_is_accepted(workshop: Workshop, tmp_path: Path, setup: str) -> None:
    done = workshop.shell(f"{LOAD} {setup} require_own", NODE_HOME=f"{tmp_path}/home")
    assert (done.returncode, done.stderr) == (0, "")


def test_links_in_the_home_are_resolved(workshop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    assert workshop.shell("echo $state", NODE_HOME=f"{tmp_path}/link//node/").stdout == f"{tmp_path}/disk/node\n"


def test_down_refuses_a_node_with_another_home(workshop: Workshop, tmp_path: Path) -> None:
    as_root(workshop)
    (tmp_path / "run").mkdir()
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    (tmp_path / "run" / "identity").write_text(f"{boot} /their/home /their/bin\n")
    done = workshop.script("node/node", "down")
    assert done.returncode == 1
    assert "A node with its state in /their/home is up. Use it (NODE_HOME=/their/home)" in done.stderr


def test_down_without_a_node_needs_nothing(workshop: Workshop) -> None:
    as_mac_user(workshop)
    done = workshop.script("node/node", "down")
    assert (done.returncode, done.stderr) == (0, "node: No node is up.\n")


def test_down_keeps_an_empty_home(workshop: Workshop, tmp_path: Path) -> None:
    as_mac_user(workshop)
    (tmp_path / "home").mkdir()
    done = workshop.script("node/node", "down", NODE_HOME=f"{tmp_path}/home")
    assert (done.returncode, done.stderr) == (0, "node: No node is up.\n")
    assert (tmp_path / "home").is_dir()


def test_down_of_leftovers_requires_root_and_installs_nothing(workshop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    workshop.tool("id", {"-u": "1000"})
    assert "run this with sudo" in workshop.script("node/node", "down").stderr
    as_root(workshop)
    workshop.tool("apt-get")
    done = workshop.script("node/node", "down")
    assert done.returncode == 1
    assert "Stopping the node requires these Debian packages: iproute2 iptables" in done.stderr
    assert [line for line in workshop.commands() if line.startswith("apt-get")] == []
    assert (tmp_path / "run").is_dir()


def test_status_without_a_node_needs_nothing(workshop: Workshop) -> None:
    as_mac_user(workshop)
    done = workshop.script("node/node", "status")
    assert (done.returncode, done.stderr) == (1, "node: Not up.\n")


@pytest.mark.parametrize("others", [["theirs"], []])
def test_network_plugin_results_of_others_are_kept(workshop: Workshop, tmp_path: Path, others: list[str]) -> None:
    results = tmp_path / "results"
    for name in ("ours", *others):
        (results / name).mkdir(parents=True)
        (results / name / "eth0").write_text(f'{{"netns": "{tmp_path}/{"run" if name == "ours" else name}/netns/1"}}')
    for _ in range(2):  # the second time none is left to remove
        done = workshop.shell(f"{LOAD} remove_results {results}; echo went on")
        assert done.stdout == "went on\n"
        assert [path.parent.name for path in results.glob("*/eth0")] == others
    assert workshop.shell(f"{LOAD} remove_results {tmp_path}/absent; echo went on").stdout == "went on\n"


def test_an_interrupted_removal_can_be_resumed(workshop: Workshop, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "etcd").mkdir(parents=True)
    (home / "mlserving-node").write_text("")
    interrupted = workshop.shell(f"{LOAD} find() {{ false; }}; remove_folders", NODE_HOME=str(home))
    assert interrupted.returncode != 0
    assert (home / "mlserving-node").exists()
    assert workshop.shell(f"{LOAD} remove_folders", NODE_HOME=str(home)).returncode == 0
    assert not home.exists()
